//! The attributes of each kind as types: what inspection writes into a snapshot and what the kinds read out of it.
//! Absent and default attributes are left out. Knows neither how they are read from a file nor how they are rendered.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is done with a row that breaks a constraint; `ABORT` is the default and never spelled out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Conflict {
    Rollback,
    Fail,
    Ignore,
    Replace,
}

impl Conflict {
    /// The keyword.
    pub(super) fn keyword(self) -> &'static str {
        match self {
            Self::Rollback => "ROLLBACK",
            Self::Fail => "FAIL",
            Self::Ignore => "IGNORE",
            Self::Replace => "REPLACE",
        }
    }
}

fn is_false(value: &bool) -> bool {
    !value
}

/// A table without its parts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TableAttributes {
    /// The names of its columns in their order; cosmetic.
    #[serde(default)]
    pub(super) columns: Vec<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) strict: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) without_rowid: bool,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ColumnAttributes {
    /// The declared type in upper case; absent where there is none.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub(super) declared_type: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) not_null: bool,
    /// What NOT NULL does with a row that breaks it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) not_null_conflict: Option<Conflict>,
    /// In upper case; absent where it is BINARY.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) collation: Option<String>,
    /// As it stands behind DEFAULT, an expression in its parentheses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) default: Option<String>,
    /// The expression of a generated column, without its parentheses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) generated: Option<String>,
    /// Whether a generated column's values are kept in the table.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) stored: bool,
}

/// A column within a key or an index; in a snapshot the bare name where there is nothing else to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "KeyColumnForm", into = "KeyColumnForm")]
pub(super) struct KeyColumn {
    pub(super) column: String,
    /// Only where it is not the column's own.
    pub(super) collation: Option<String>,
    pub(super) descending: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum KeyColumnForm {
    Name(String),
    Whole {
        column: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        collation: Option<String>,
        #[serde(default, skip_serializing_if = "is_false")]
        descending: bool,
    },
}

impl From<KeyColumnForm> for KeyColumn {
    fn from(form: KeyColumnForm) -> Self {
        match form {
            KeyColumnForm::Name(column) => Self { column, collation: None, descending: false },
            KeyColumnForm::Whole { column, collation, descending } => Self { column, collation, descending },
        }
    }
}

impl From<KeyColumn> for KeyColumnForm {
    fn from(key: KeyColumn) -> Self {
        match key {
            KeyColumn { column, collation: None, descending: false } => Self::Name(column),
            KeyColumn { column, collation, descending } => Self::Whole { column, collation, descending },
        }
    }
}

/// A primary key; a table has at most one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PrimaryKeyAttributes {
    pub(super) columns: Vec<KeyColumn>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) autoincrement: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) conflict: Option<Conflict>,
    /// The constraint's name, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) constraint: Option<String>,
}

/// A unique constraint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UniqueAttributes {
    pub(super) columns: Vec<KeyColumn>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) conflict: Option<Conflict>,
    /// The constraint's name, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) constraint: Option<String>,
}

/// A check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckAttributes {
    pub(super) expression: String,
    /// The constraint's name, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) constraint: Option<String>,
}

/// A foreign key. What it refers to is told by name alone, as SQLite looks for it only when rows change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ForeignKeyAttributes {
    pub(super) columns: Vec<String>,
    pub(super) parent: String,
    /// Absent where the parent's primary key is meant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) parent_columns: Vec<String>,
    /// As in `CASCADE`; absent where it is NO ACTION.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) on_delete: Option<String>,
    /// As in `CASCADE`; absent where it is NO ACTION.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) on_update: Option<String>,
    /// Whether it is looked at only at COMMIT.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) deferred: bool,
    /// The constraint's name, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) constraint: Option<String>,
}

/// What an index is sorted by: a column or an expression.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum IndexTerm {
    /// An expression, with its collation where it has one.
    Expression {
        expression: String,
        #[serde(default, skip_serializing_if = "is_false")]
        descending: bool,
    },
    Column(KeyColumn),
}

/// An index that was made by CREATE INDEX.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IndexAttributes {
    pub(super) terms: Vec<IndexTerm>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) unique: bool,
    /// The condition of a partial index.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub(super) condition: Option<String>,
}

/// A view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ViewAttributes {
    /// The names that its columns are given, where they are given any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) columns: Vec<String>,
    /// The query.
    pub(super) query: String,
}

/// A trigger, of a table or a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TriggerAttributes {
    /// `BEFORE`, `AFTER` or `INSTEAD OF`.
    pub(super) timing: String,
    /// `INSERT`, `UPDATE` or `DELETE`.
    pub(super) event: String,
    /// The columns behind UPDATE OF.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) columns: Vec<String>,
    #[serde(default, rename = "when", skip_serializing_if = "Option::is_none")]
    pub(super) condition: Option<String>,
    /// Its statements, in order.
    pub(super) body: Vec<String>,
}

/// A virtual table with all its shadow tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VirtualTableAttributes {
    /// In lower case.
    pub(super) module: String,
    /// What stands in the parentheses, at its commas.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) arguments: Vec<String>,
}

/// Attributes as a snapshot holds them.
pub(super) fn to_attributes(attributes: &impl Serialize) -> schema_sync_store::Attributes {
    match serde_json::to_value(attributes) {
        Ok(Value::Object(map)) => map,
        // Every type of this file is a struct of texts, truths and lists, which always is a JSON object.
        Ok(_) | Err(_) => schema_sync_store::Attributes::new(),
    }
}
