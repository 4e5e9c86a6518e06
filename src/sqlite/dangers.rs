//! What a change of a table may lose, and which rows would stop it: hazards, and questions to the live tenant that are
//! asked before anything runs. A question is asked only where it can be put exactly; SQLite itself has the last word.

use schema_sync_store::{Object, ObjectId};

use super::model::{CheckAttributes, ForeignKeyAttributes, IndexAttributes, IndexTerm, KeyColumn};
use super::quote::{identifier, literal};
use super::statement_text::names_in;
use super::table::{Column, Table};
use super::table_text::Constraint;
use super::token::{TokenKind, tokenize};
use crate::kind::Sides;
use crate::plan::{Check, Hazard, HazardKind, MigrationStep};

/// What happens to a dropped column.
pub(super) const COLUMN_LOSS: &str = "every value of the column is lost";

/// Adds everything that the change of a table may lose or stumble over.
pub(super) fn add(step: &mut MigrationStep, from: &Table<'_>, to: &Table<'_>, sides: &Sides<'_>) {
    let change = Dangers { from, to, table: identifier(from.name) };
    for column in &to.columns {
        match from.column(column.name) {
            Some(old) => change.altered_column(step, old, column),
            None => change.added_column(step, column),
        }
    }
    for (object, constraint) in &to.constraints {
        let is_new = from.constraints.iter().all(|(old, _)| old.id != object.id || old.attributes != object.attributes);
        if is_new {
            change.added_constraint(step, constraint, sides);
        }
    }
    if from.attributes.without_rowid != to.attributes.without_rowid || from.attributes.strict != to.attributes.strict {
        change.key_not_null(step);
    }
    for column in from.columns.iter().filter(|column| to.column(column.name).is_none()) {
        if column.attributes.generated.is_none() && step.unmakes != [column.object.id.clone()] {
            hazard(step, HazardKind::DataLoss, &column.object.id, COLUMN_LOSS);
        }
    }
}

fn hazard(step: &mut MigrationStep, kind: HazardKind, object: &ObjectId, detail: &str) {
    step.hazards.push(Hazard { kind, object: object.clone(), detail: detail.to_owned() });
}

fn ask(step: &mut MigrationStep, violated_when: String, message: String) {
    step.checks.push(Check { violated_when, message });
}

struct Dangers<'t, 'a> {
    from: &'t Table<'a>,
    to: &'t Table<'a>,
    /// The table's name, quoted.
    table: String,
}

impl Dangers<'_, '_> {
    fn exists(&self, condition: &str) -> String {
        format!("SELECT EXISTS (SELECT 1 FROM {} WHERE {condition})", self.table)
    }

    fn added_column(&self, step: &mut MigrationStep, column: &Column<'_>) {
        let attributes = &column.attributes;
        let is_alias = self.to.rowid_alias().is_some_and(|alias| alias.name == column.name);
        let has_default = attributes.default.as_deref().is_some_and(|default| default != "NULL");
        let never_null = attributes.not_null || self.is_never_null(column.name);
        if never_null && !has_default && !is_alias && attributes.generated.is_none() {
            let message = format!(
                "column {} would be NOT NULL without a default, and the table has rows: give it a default, or add it \
                 without NOT NULL and fill it first",
                column.object.id.dotted()
            );
            ask(step, format!("SELECT EXISTS (SELECT 1 FROM {})", self.table), message);
        }
    }

    /// Whether a column of the key is not null without saying so.
    fn is_never_null(&self, column: &str) -> bool {
        let is_in_key = self.to.primary_key().is_some_and(|key| key.columns.iter().any(|part| part.column == column));
        is_in_key && (self.to.attributes.without_rowid || self.to.attributes.strict)
    }

    fn altered_column(&self, step: &mut MigrationStep, old: &Column<'_>, new: &Column<'_>) {
        let source = identifier(old.name);
        let name = new.object.id.dotted();
        if new.attributes.generated.is_some() {
            if old.attributes.generated.is_none() {
                hazard(step, HazardKind::DataLoss, &new.object.id, "its values are lost, as they become generated");
            }
            return;
        }
        if new.attributes.not_null && !old.attributes.not_null {
            let message = format!("column {name} would be NOT NULL, and rows have NULL there: fill them first");
            ask(step, self.exists(&format!("{source} IS NULL")), message);
        }
        let was = Storage::of(old, self.from.attributes.strict);
        let is = Storage::of(new, self.to.attributes.strict);
        if was == is {
            return;
        }
        if is.is_numeric() && !was.is_numeric() {
            let detail = "text that reads as a number becomes one: 007 becomes 7";
            hazard(step, HazardKind::DataLoss, &new.object.id, detail);
        }
        if let Some(condition) = loss(is, &source) {
            let message = format!("column {name} holds numbers that its new type cannot hold exactly");
            ask(step, self.exists(&condition), message);
        }
        if let Some(condition) = misfit(is, &source) {
            hazard(
                step,
                HazardKind::ConversionMayFail,
                &new.object.id,
                "a strict column takes values of its type only",
            );
            let message =
                format!("column {name} holds values that its new strict type does not take: convert them first");
            ask(step, self.exists(&condition), message);
        }
    }

    fn added_constraint(&self, step: &mut MigrationStep, constraint: &Constraint, sides: &Sides<'_>) {
        match constraint {
            Constraint::PrimaryKey(key) => {
                self.key_not_null(step);
                self.duplicates(step, &key.columns, "its primary key");
            }
            Constraint::Unique(key) => self.duplicates(step, &key.columns, "a unique constraint"),
            Constraint::Check(check) => self.violating_rows(step, check),
            Constraint::ForeignKey(key) => self.orphans(step, key, sides),
        }
    }

    /// Asks for NULLs where the key takes none, and for other values than integers where it becomes the rowid.
    fn key_not_null(&self, step: &mut MigrationStep) {
        let Some(key) = self.to.primary_key() else { return };
        let alias = self.to.rowid_alias().map(|column| column.name);
        for part in &key.columns {
            let Some(old) = self.from.column(&part.column) else { continue };
            let source = identifier(old.name);
            let is_alias = alias == Some(part.column.as_str());
            if is_alias || self.is_never_null(&part.column) {
                let message = format!("{}.{} would be part of a key that takes no NULL", self.to.name, part.column);
                ask(step, self.exists(&format!("{source} IS NULL")), message);
            }
            if is_alias && self.from.rowid_alias().is_none_or(|was| was.name != old.name) {
                let message = format!("{}.{} would be the rowid, which takes integers only", self.to.name, part.column);
                let strict_integer = Storage { affinity: Affinity::Integer, strict: true };
                ask(step, self.exists(&misfit(strict_integer, &source).unwrap_or_default()), message);
            }
        }
    }

    fn duplicates(&self, step: &mut MigrationStep, columns: &[KeyColumn], what: &str) {
        let mut terms = Vec::new();
        let mut present = Vec::new();
        for key in columns {
            let (Some(old), Some(new)) = (self.from.column(&key.column), self.to.column(&key.column)) else { return };
            if old.attributes.generated.is_none() && new.attributes.generated.is_some() {
                return;
            }
            let source = identifier(old.name);
            let own = new.attributes.collation.as_deref().unwrap_or("BINARY");
            let collation = key.collation.as_deref().unwrap_or(own);
            terms.push(format!("{source} COLLATE {}", identifier(collation)));
            present.push(format!("{source} IS NOT NULL"));
        }
        let names: Vec<&str> = columns.iter().map(|key| key.column.as_str()).collect();
        let message = format!(
            "table {} has rows that are equal in ({}), which {what} would forbid: make them differ or remove them first",
            self.to.name,
            names.join(", ")
        );
        let grouped = format!("{} GROUP BY {} HAVING count(*) > 1", present.join(" AND "), terms.join(", "));
        ask(step, self.exists(&grouped), message);
    }

    fn violating_rows(&self, step: &mut MigrationStep, check: &CheckAttributes) {
        let named: Vec<String> = names_in(&check.expression).collect();
        let used = self.to.columns.iter().filter(|column| named.contains(&column.name.to_ascii_lowercase()));
        let Some(source) = self.source(used, &named) else { return };
        let message = format!("table {} has rows that break CHECK ({})", self.to.name, check.expression);
        ask(step, format!("SELECT EXISTS (SELECT 1 FROM {source} WHERE NOT ({}))", check.expression), message);
    }

    /// The table as rows of its new shape, as far as the named columns go; `None` where that cannot be told exactly.
    fn source<'c, 'o: 'c>(&self, used: impl Iterator<Item = &'c Column<'o>>, named: &[String]) -> Option<String> {
        let mut columns = Vec::new();
        let mut has_new = false;
        for column in used {
            match self.from.column(column.name) {
                Some(old) => {
                    let facts = |column: &Column<'_>, strict| {
                        let attributes = &column.attributes;
                        (Storage::of(column, strict), attributes.collation.clone(), attributes.generated.clone())
                    };
                    if facts(old, self.from.attributes.strict) != facts(column, self.to.attributes.strict) {
                        return None;
                    }
                    columns.push(identifier(old.name));
                }
                None if column.attributes.generated.is_some() => return None,
                None => {
                    has_new = true;
                    let value = column.attributes.default.as_deref().map_or_else(|| "NULL".into(), value_of_default);
                    columns.push(format!("{value} AS {}", identifier(column.name)));
                }
            }
        }
        if !has_new {
            return Some(self.table.clone());
        }
        let speaks_of_rowid = named.iter().any(|name| matches!(name.as_str(), "rowid" | "_rowid_" | "oid"));
        let select = || format!("(SELECT {} FROM {table}) AS {table}", columns.join(", "), table = self.table);
        (!speaks_of_rowid).then(select)
    }

    fn orphans(&self, step: &mut MigrationStep, key: &ForeignKeyAttributes, sides: &Sides<'_>) {
        let mut children = Vec::new();
        for column in &key.columns {
            // A new column holds its default alone; the look at all foreign keys before COMMIT takes care of that.
            let Some(old) = self.from.column(column) else { return };
            children.push(format!("child.{}", identifier(old.name)));
        }
        let present: Vec<String> = children.iter().map(|child| format!("{child} IS NOT NULL")).collect();
        let present = present.join(" AND ");
        let parent_id = ObjectId::new("table", [&key.parent]);
        let condition = match Table::of(sides.from, &parent_id) {
            Ok(Some(parent)) => {
                let own_key =
                    || parent.primary_key().map(|key| key.columns.iter().map(|part| part.column.clone()).collect());
                let columns: Option<Vec<String>> =
                    if key.parent_columns.is_empty() { own_key() } else { Some(key.parent_columns.clone()) };
                let Some(columns) = columns.filter(|columns| columns.len() == children.len()) else { return };
                let mut equal = Vec::new();
                for (column, child) in columns.iter().zip(&children) {
                    let Some(column) = parent.column(column) else { return };
                    equal.push(format!("parent.{} = {child}", identifier(column.name)));
                }
                let parent = identifier(parent.name);
                format!("{present} AND NOT EXISTS (SELECT 1 FROM {parent} AS parent WHERE {})", equal.join(" AND "))
            }
            Ok(None) => present,
            Err(_) => return,
        };
        let message = format!(
            "table {} has rows whose ({}) refer to nothing in {}: correct or remove them first",
            self.to.name,
            key.columns.join(", "),
            key.parent
        );
        ask(step, format!("SELECT EXISTS (SELECT 1 FROM {} AS child WHERE {condition})", self.table), message);
    }
}

/// Asks for rows that a new unique index would forbid.
pub(super) fn index_duplicates(
    step: &mut MigrationStep,
    index: &Object,
    attributes: &IndexAttributes,
    sides: &Sides<'_>,
) {
    let Some(old) = super::change::table_before(&index.id, sides) else { return };
    if !attributes.unique || sides.from.get(&index.id).is_some_and(|before| before.attributes == index.attributes) {
        return;
    }
    // What speaks of columns that are not there yet cannot be asked.
    let is_there = |need: &&ObjectId| need.kind == "column" && sides.from.get(need).is_none();
    if index.needs.iter().any(|need| is_there(&need)) {
        return;
    }
    let mut conditions: Vec<String> = attributes.condition.iter().map(|condition| format!("({condition})")).collect();
    let mut terms = Vec::new();
    for term in &attributes.terms {
        let (value, term) = match term {
            IndexTerm::Expression { expression, .. } => (format!("({expression})"), format!("({expression})")),
            IndexTerm::Column(key) => {
                let column = identifier(&key.column);
                let collation = key.collation.as_ref().map(|name| format!(" COLLATE {}", identifier(name)));
                (column.clone(), format!("{column}{}", collation.unwrap_or_default()))
            }
        };
        conditions.push(format!("{value} IS NOT NULL"));
        terms.push(term);
    }
    let query = format!(
        "SELECT EXISTS (SELECT 1 FROM {} WHERE {} GROUP BY {} HAVING count(*) > 1)",
        identifier(&old),
        conditions.join(" AND "),
        terms.join(", ")
    );
    ask(step, query, format!("{} would forbid rows that there are: make them differ or remove them first", index.id));
}

/// A default as an expression: a bare word behind DEFAULT is a text, in an expression it would be a column.
fn value_of_default(default: &str) -> String {
    const KEYWORDS: [&str; 6] = ["NULL", "TRUE", "FALSE", "CURRENT_TIME", "CURRENT_DATE", "CURRENT_TIMESTAMP"];
    match tokenize(default).as_slice() {
        [token] if matches!(token.kind, TokenKind::Word | TokenKind::Quoted) && !KEYWORDS.contains(&token.text) => {
            literal(&token.name().unwrap_or_default())
        }
        _ => default.to_owned(),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Affinity {
    Integer,
    Real,
    Numeric,
    Text,
    None,
}

/// How a column keeps its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Storage {
    affinity: Affinity,
    /// Whether it takes values of its type only.
    strict: bool,
}

impl Storage {
    /// By the rules of sqlite.org/datatype3.html, section 3.1, and sqlite.org/stricttables.html.
    fn of(column: &Column<'_>, strict: bool) -> Self {
        let declared = column.attributes.declared_type.as_deref().unwrap_or_default();
        let has = |part: &str| declared.to_ascii_uppercase().contains(part);
        let affinity = if strict && declared == "ANY" || declared.is_empty() {
            Affinity::None
        } else if has("INT") {
            Affinity::Integer
        } else if has("CHAR") || has("CLOB") || has("TEXT") {
            Affinity::Text
        } else if has("BLOB") {
            Affinity::None
        } else if has("REAL") || has("FLOA") || has("DOUB") {
            Affinity::Real
        } else {
            Affinity::Numeric
        };
        Self { affinity, strict: strict && declared != "ANY" }
    }

    fn is_numeric(self) -> bool {
        matches!(self.affinity, Affinity::Integer | Affinity::Real | Affinity::Numeric)
    }
}

/// The rows whose numbers change when they are kept this way.
fn loss(storage: Storage, column: &str) -> Option<String> {
    match storage.affinity {
        Affinity::Text => {
            Some(format!("typeof({column}) = 'real' AND CAST(CAST({column} AS TEXT) AS REAL) <> {column}"))
        }
        Affinity::Real => {
            Some(format!("typeof({column}) = 'integer' AND CAST(CAST({column} AS REAL) AS INTEGER) <> {column}"))
        }
        Affinity::Integer | Affinity::Numeric | Affinity::None => None,
    }
}

/// The rows whose values a strict column of this type does not take, conversions by affinity considered.
fn misfit(storage: Storage, column: &str) -> Option<String> {
    if !storage.strict {
        return None;
    }
    Some(match storage.affinity {
        Affinity::Integer => format!(
            "typeof({column}) NOT IN ('null', 'integer') AND NOT (typeof({column}) IN ('real', 'text') AND {column} = \
             CAST({column} AS INTEGER))"
        ),
        Affinity::Real | Affinity::Numeric => format!(
            "typeof({column}) NOT IN ('null', 'integer', 'real') AND NOT (typeof({column}) = 'text' AND {column} = \
             CAST({column} AS REAL))"
        ),
        Affinity::Text => format!("typeof({column}) = 'blob'"),
        Affinity::None => format!("typeof({column}) NOT IN ('null', 'blob')"),
    })
}
