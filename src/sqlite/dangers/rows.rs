//! Questions about rows that a new key, check or index would forbid, put to the table as it is before the change.

use schema_sync_store::{Object, ObjectId};

use super::super::change::TableChange;
use super::super::model::{CheckAttributes, ForeignKeyAttributes, IndexAttributes, IndexTerm, KeyColumn};
use super::super::quote::{identifier, literal};
use super::super::rebuild::rowid_pair;
use super::super::statement_text::names_in;
use super::super::table::{Column, Table};
use super::super::token::{TokenKind, tokenize};
use super::storage::Storage;
use super::{Dangers, ask};
use crate::kind::Sides;
use crate::plan::{MigrationStep, PlanError};

impl<'a> Dangers<'_, 'a> {
    pub(super) fn duplicates(&self, step: &mut MigrationStep, columns: &[KeyColumn], what: &str) {
        let used: Vec<&Column<'a>> = columns.iter().filter_map(|key| self.to.column(&key.column)).collect();
        let Some(rows) = self.rows(&used) else { return };
        let mut terms = Vec::new();
        let mut present = Vec::new();
        for key in columns {
            let own = self.to.column(&key.column).and_then(|column| column.attributes.collation.as_deref());
            let collation = key.collation.as_deref().or(own).unwrap_or("BINARY");
            let column = identifier(&key.column);
            terms.push(format!("{column} COLLATE {}", identifier(collation)));
            present.push(format!("{column} IS NOT NULL"));
        }
        let names: Vec<&str> = columns.iter().map(|key| key.column.as_str()).collect();
        let message = format!(
            "table {} has rows that are equal in ({}), which {what} would forbid: make them differ or remove them first",
            self.to.name,
            names.join(", ")
        );
        ask(step, equal_rows(&rows, &present, &terms), message);
    }

    pub(super) fn violating_rows(&self, step: &mut MigrationStep, check: &CheckAttributes) {
        let used = self.named_columns(&check.expression);
        let is_same = |column: &&Column<'a>| {
            self.from.column(column.name).is_none_or(|old| {
                let facts =
                    |column: &Column<'_>, strict| (Storage::of(column, strict), column.attributes.collation.clone());
                facts(old, self.from.attributes.strict) == facts(column, self.to.attributes.strict)
            })
        };
        // What a conversion makes of a value is known only afterwards.
        let Some(rows) = self.rows(&used).filter(|_| used.iter().all(is_same)) else { return };
        let speaks_of_rowid =
            names_in(&check.expression).any(|name| matches!(name.as_str(), "rowid" | "_rowid_" | "oid"));
        if rows != self.table && speaks_of_rowid {
            return;
        }
        let message = format!("table {} has rows that break CHECK ({})", self.to.name, check.expression);
        ask(step, format!("SELECT EXISTS (SELECT 1 FROM {rows} WHERE NOT ({}))", check.expression), message);
    }

    /// The columns after the change that an expression names.
    fn named_columns(&self, expression: &str) -> Vec<&Column<'a>> {
        let named: Vec<String> = names_in(expression).collect();
        self.to.columns.iter().filter(|column| named.contains(&column.name.to_ascii_lowercase())).collect()
    }

    /// The table itself where it has these columns already, else a query that gives its rows their new shape; `None`
    /// where generated columns lean on each other in a way that is not followed here.
    fn rows(&self, used: &[&Column<'a>]) -> Option<String> {
        let generated = |column: &Column<'_>| column.attributes.generated.clone();
        let is_there =
            |column: &&Column<'a>| self.from.column(column.name).is_some_and(|old| generated(old) == generated(column));
        let leaned_on = |column: &&Column<'a>| {
            let mut others = self.to.columns.iter().filter(|other| column.object.needs.contains(&other.object.id));
            others.all(|other| is_there(&other))
        };
        if used.iter().all(|column| is_there(column) && leaned_on(column)) {
            return Some(self.table.clone());
        }
        let shaped = |column: &Column<'_>| {
            let value = match (self.from.column(column.name), &column.attributes.default) {
                (Some(old), _) => identifier(old.name),
                // A new name for the rowid takes on the rowid.
                (None, _) if self.to.rowid_alias().is_some_and(|alias| alias.name == column.name) => {
                    rowid_pair(self.from, self.to).map_or_else(|| "NULL".to_owned(), |(_, source)| source)
                }
                (None, Some(default)) => value_of_default(default),
                (None, None) => "NULL".to_owned(),
            };
            format!("{value} AS {}", identifier(column.name))
        };
        let (mut waiting, plain): (Vec<&Column<'a>>, Vec<_>) =
            self.to.columns.iter().partition(|column| column.attributes.generated.is_some());
        let plain: Vec<String> = plain.into_iter().map(shaped).collect();
        let mut rows = format!("(SELECT {} FROM {table}) AS {table}", plain.join(", "), table = self.table);
        while !waiting.is_empty() {
            let needs = |column: &Column<'a>, other: &Column<'a>| column.object.needs.contains(&other.object.id);
            let (later, ready): (Vec<_>, Vec<_>) =
                waiting.iter().copied().partition(|column| waiting.iter().any(|other| needs(column, other)));
            if ready.is_empty() {
                return None;
            }
            let values: Vec<String> = ready
                .iter()
                .map(|column| format!("({}) AS {}", generated(column).unwrap_or_default(), identifier(column.name)))
                .collect();
            rows = format!("(SELECT *, {} FROM {rows}) AS {table}", values.join(", "), table = self.table);
            waiting = later;
        }
        Some(rows)
    }

    pub(super) fn orphans(&self, step: &mut MigrationStep, key: &ForeignKeyAttributes, sides: &Sides<'_>) {
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
                let Some(columns) = referred_columns(key, &parent_id, sides) else { return };
                if columns.len() != children.len() {
                    return;
                }
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

/// The parent's columns that a foreign key will refer to: its primary key where it names none.
fn referred_columns(key: &ForeignKeyAttributes, parent: &ObjectId, sides: &Sides<'_>) -> Option<Vec<String>> {
    if !key.parent_columns.is_empty() {
        return Some(key.parent_columns.clone());
    }
    let parent = Table::of(sides.to, parent).ok()??;
    let key = parent.primary_key()?;
    Some(key.columns.iter().map(|part| part.column.clone()).collect())
}

/// Asks for rows that a new unique index would forbid.
pub(in super::super) fn index_duplicates(
    step: &mut MigrationStep,
    index: &Object,
    attributes: &IndexAttributes,
    sides: &Sides<'_>,
) -> Result<(), PlanError> {
    let is_known = sides.from.get(&index.id).is_some_and(|before| before.attributes == index.attributes);
    let Some(change) = TableChange::of_part(&index.id, sides)?.filter(|_| attributes.unique && !is_known) else {
        return Ok(());
    };
    let dangers = Dangers::new(&change.from, &change.to);
    let used: Vec<&Column<'_>> =
        change.to.columns.iter().filter(|column| index.needs.contains(&column.object.id)).collect();
    let Some(rows) = dangers.rows(&used) else { return Ok(()) };
    let mut conditions: Vec<String> = attributes.condition.iter().map(|condition| format!("({condition})")).collect();
    let mut terms = Vec::new();
    for term in &attributes.terms {
        match term {
            IndexTerm::Expression { expression, .. } => {
                conditions.push(format!("({expression}) IS NOT NULL"));
                terms.push(expression.clone());
            }
            IndexTerm::Column(key) => {
                let own = change.to.column(&key.column).and_then(|column| column.attributes.collation.as_deref());
                let collation = key.collation.as_deref().or(own).unwrap_or("BINARY");
                let column = identifier(&key.column);
                conditions.push(format!("{column} IS NOT NULL"));
                terms.push(format!("{column} COLLATE {}", identifier(collation)));
            }
        }
    }
    let message = format!("{} would forbid rows that there are: make them differ or remove them first", index.id);
    ask(step, equal_rows(&rows, &conditions, &terms), message);
    Ok(())
}

/// Whether rows are equal in all terms, of those that fulfil all conditions.
fn equal_rows(rows: &str, conditions: &[String], terms: &[String]) -> String {
    let (conditions, terms) = (conditions.join(" AND "), terms.join(", "));
    format!("SELECT EXISTS (SELECT 1 FROM {rows} WHERE {conditions} GROUP BY {terms} HAVING count(*) > 1)")
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
