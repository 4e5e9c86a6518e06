//! A table put together from its objects in a snapshot, and the text that makes it. Knows one side of a plan only.

use schema_sync_store::{Object, ObjectId, SchemaSnapshot};

use super::model::{
    CheckAttributes, ColumnAttributes, Conflict, ForeignKeyAttributes, KeyColumn, PrimaryKeyAttributes,
    TableAttributes, UniqueAttributes,
};
use super::quote::{identifier, identifiers};
use super::table_text::Constraint;
use crate::kind::attributes_of;
use crate::plan::PlanError;

/// The kinds of constraints, in the order in which they are written.
pub(super) const CONSTRAINT_KINDS: [&str; 4] = ["primary_key", "unique", "check", "foreign_key"];

/// A column with its name.
pub(super) struct Column<'a> {
    pub(super) object: &'a Object,
    pub(super) name: &'a str,
    pub(super) attributes: ColumnAttributes,
}

/// A table and all its parts.
pub(super) struct Table<'a> {
    pub(super) object: &'a Object,
    pub(super) name: &'a str,
    pub(super) attributes: TableAttributes,
    /// In the table's order.
    pub(super) columns: Vec<Column<'a>>,
    pub(super) constraints: Vec<(&'a Object, Constraint)>,
}

/// An object's own name, the last part of it.
pub(super) fn own_name(id: &ObjectId) -> &str {
    id.name.last().map(smol_str::SmolStr::as_str).unwrap_or_default()
}

/// The table that a part belongs to.
pub(super) fn table_of(part: &ObjectId) -> ObjectId {
    ObjectId::new("table", part.name.first().cloned())
}

impl<'a> Table<'a> {
    /// The table of this identity, where the snapshot has it.
    pub(super) fn of(snapshot: &'a SchemaSnapshot, id: &ObjectId) -> Result<Option<Self>, PlanError> {
        let Some(object) = snapshot.get(id) else { return Ok(None) };
        let attributes: TableAttributes = attributes_of(object)?;
        let mut columns = Vec::new();
        for part in snapshot.parts("column", &object.id) {
            columns.push(Column { object: part, name: own_name(&part.id), attributes: attributes_of(part)? });
        }
        let place = |name: &str| attributes.columns.iter().position(|column| column == name).unwrap_or(usize::MAX);
        columns.sort_by_key(|column| place(column.name));
        let mut constraints = Vec::new();
        for kind in CONSTRAINT_KINDS {
            for part in snapshot.parts(kind, &object.id) {
                constraints.push((part, constraint_of(part)?));
            }
        }
        Ok(Some(Self { object, name: own_name(&object.id), attributes, columns, constraints }))
    }

    /// The column of this name, in whatever case.
    pub(super) fn column(&self, name: &str) -> Option<&Column<'a>> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }

    pub(super) fn primary_key(&self) -> Option<&PrimaryKeyAttributes> {
        self.constraints.iter().find_map(|(_, constraint)| match constraint {
            Constraint::PrimaryKey(key) => Some(key),
            _ => None,
        })
    }

    /// The column that is another name for the rowid, where there is one.
    pub(super) fn rowid_alias(&self) -> Option<&Column<'a>> {
        match self.primary_key()?.columns.as_slice() {
            [KeyColumn { column, descending: false, .. }] if !self.attributes.without_rowid => {
                self.column(column).filter(|column| column.attributes.declared_type.as_deref() == Some("INTEGER"))
            }
            _ => None,
        }
    }

    /// The objects that are made and dropped along with the table.
    pub(super) fn part_ids(&self) -> Vec<ObjectId> {
        let columns = self.columns.iter().map(|column| column.object);
        let constraints = self.constraints.iter().map(|(object, _)| *object);
        columns.chain(constraints).map(|object| object.id.clone()).collect()
    }

    /// The statement that makes the table, under a name that may be another.
    pub(super) fn create_statement(&self, name: &str) -> String {
        let inline_key = self.inline_key();
        let mut lines: Vec<String> = self
            .columns
            .iter()
            .map(|column| {
                let key = inline_key.filter(|key| key.columns.iter().any(|part| part.column == column.name));
                column_definition(column, key)
            })
            .collect();
        lines.extend(self.constraints.iter().filter_map(|(_, constraint)| match constraint {
            Constraint::PrimaryKey(_) if inline_key.is_some() => None,
            constraint => Some(table_constraint(constraint)),
        }));
        let mut options = Vec::new();
        if self.attributes.strict {
            options.push("STRICT");
        }
        if self.attributes.without_rowid {
            options.push("WITHOUT ROWID");
        }
        let options = if options.is_empty() { String::new() } else { format!(" {}", options.join(", ")) };
        format!("CREATE TABLE {} (\n  {}\n){options}", identifier(name), lines.join(",\n  "))
    }

    /// A key of one column stands at that column; only there SQLite looks at the DESC of an INTEGER key.
    fn inline_key(&self) -> Option<&PrimaryKeyAttributes> {
        self.primary_key().filter(|key| matches!(key.columns.as_slice(), [KeyColumn { collation: None, .. }]))
    }
}

fn constraint_of(object: &Object) -> Result<Constraint, PlanError> {
    Ok(match object.id.kind.as_str() {
        "primary_key" => Constraint::PrimaryKey(attributes_of::<PrimaryKeyAttributes>(object)?),
        "unique" => Constraint::Unique(attributes_of::<UniqueAttributes>(object)?),
        "check" => Constraint::Check(attributes_of::<CheckAttributes>(object)?),
        _ => Constraint::ForeignKey(attributes_of::<ForeignKeyAttributes>(object)?),
    })
}

fn column_definition(column: &Column<'_>, key: Option<&PrimaryKeyAttributes>) -> String {
    let ColumnAttributes { declared_type, not_null, not_null_conflict, collation, default, generated, stored } =
        &column.attributes;
    let mut text = identifier(column.name);
    let mut push = |part: &str| {
        text.push(' ');
        text.push_str(part);
    };
    if let Some(declared_type) = declared_type {
        push(declared_type);
    }
    if let Some(key) = key {
        push(&format!("{}PRIMARY KEY", constraint_head(key.constraint.as_deref())));
        if key.columns.iter().any(|part| part.descending) {
            push("DESC");
        }
        if let Some(conflict) = key.conflict {
            push(&format!("ON CONFLICT {}", conflict.keyword()));
        }
        if key.autoincrement {
            push("AUTOINCREMENT");
        }
    }
    if *not_null {
        push("NOT NULL");
        if let Some(conflict) = not_null_conflict {
            push(&format!("ON CONFLICT {}", conflict.keyword()));
        }
    }
    if let Some(collation) = collation {
        push(&format!("COLLATE {}", identifier(collation)));
    }
    if let Some(default) = default {
        push(&format!("DEFAULT {default}"));
    }
    if let Some(expression) = generated {
        push(&format!("GENERATED ALWAYS AS ({expression}) {}", if *stored { "STORED" } else { "VIRTUAL" }));
    }
    text
}

/// A column with constraints of its own behind it, as ADD COLUMN wants it.
pub(super) fn added_column(column: &Column<'_>, constraints: &[&Constraint]) -> String {
    let mut text = column_definition(column, None);
    for constraint in constraints {
        text.push(' ');
        text.push_str(&match constraint {
            Constraint::ForeignKey(key) => format!("{}{}", constraint_head(key.constraint.as_deref()), references(key)),
            other => table_constraint(other),
        });
    }
    text
}

fn table_constraint(constraint: &Constraint) -> String {
    match constraint {
        Constraint::PrimaryKey(PrimaryKeyAttributes { columns, autoincrement, conflict, constraint }) => {
            let autoincrement = if *autoincrement { " AUTOINCREMENT" } else { "" };
            let head = constraint_head(constraint.as_deref());
            format!("{head}PRIMARY KEY ({}{autoincrement}){}", key_columns(columns), conflict_clause(*conflict))
        }
        Constraint::Unique(UniqueAttributes { columns, conflict, constraint }) => {
            let head = constraint_head(constraint.as_deref());
            format!("{head}UNIQUE ({}){}", key_columns(columns), conflict_clause(*conflict))
        }
        Constraint::Check(CheckAttributes { expression, constraint }) => {
            format!("{}CHECK ({expression})", constraint_head(constraint.as_deref()))
        }
        Constraint::ForeignKey(key) => {
            let head = constraint_head(key.constraint.as_deref());
            let columns = identifiers(key.columns.iter().map(String::as_str));
            format!("{head}FOREIGN KEY ({columns}) {}", references(key))
        }
    }
}

fn constraint_head(name: Option<&str>) -> String {
    name.map(|name| format!("CONSTRAINT {} ", identifier(name))).unwrap_or_default()
}

fn conflict_clause(conflict: Option<Conflict>) -> String {
    conflict.map(|conflict| format!(" ON CONFLICT {}", conflict.keyword())).unwrap_or_default()
}

fn references(key: &ForeignKeyAttributes) -> String {
    let mut text = format!("REFERENCES {}", identifier(&key.parent));
    if !key.parent_columns.is_empty() {
        text.push_str(&format!(" ({})", identifiers(key.parent_columns.iter().map(String::as_str))));
    }
    for (event, action) in [("DELETE", &key.on_delete), ("UPDATE", &key.on_update)] {
        if let Some(action) = action {
            text.push_str(&format!(" ON {event} {action}"));
        }
    }
    if key.deferred {
        text.push_str(" DEFERRABLE INITIALLY DEFERRED");
    }
    text
}

fn key_columns(columns: &[KeyColumn]) -> String {
    columns.iter().map(key_column).collect::<Vec<_>>().join(", ")
}

/// A column of a key or an index as it is written.
pub(super) fn key_column(key: &KeyColumn) -> String {
    let collation = key.collation.as_ref().map(|name| format!(" COLLATE {}", identifier(name)));
    let direction = if key.descending { " DESC" } else { "" };
    format!("{}{}{direction}", identifier(&key.column), collation.unwrap_or_default())
}
