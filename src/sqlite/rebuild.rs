//! The rebuild of a table, as SQLite's documentation describes it (lang_altertable.html, section 7): a new table, all
//! rows, the old one dropped, the new one renamed. Indexes and triggers of the table are steps of their own.

use super::quote::{identifier, literal};
use super::table::{Column, Table};
use crate::kind::Sides;

/// What the new table is called until it takes the old one's place; a number is added where that is taken.
const TEMPORARY_NAME: &str = "schema_sync_new";

/// The names of the rowid, as far as no column takes them.
const ROWID_NAMES: [&str; 3] = ["rowid", "_rowid_", "oid"];

pub(super) fn statements(from: &Table<'_>, to: &Table<'_>, sides: &Sides<'_>) -> Vec<String> {
    let new_name = free_name(to.name, sides);
    let mut statements = vec![to.create_statement(&new_name), copy_statement(from, to, &new_name)];
    let is_counted = |table: &Table<'_>| table.primary_key().is_some_and(|key| key.autoincrement);
    if is_counted(from) && is_counted(to) {
        // Counters never go back, also where the highest rows are gone.
        let (new_name, name) = (literal(&new_name), literal(from.name));
        statements.push(format!("DELETE FROM sqlite_sequence WHERE name = {new_name}"));
        statements.push(format!(
            "INSERT INTO sqlite_sequence (name, seq) SELECT {new_name}, seq FROM sqlite_sequence WHERE name = {name}"
        ));
    }
    statements.push(format!("DROP TABLE {}", identifier(from.name)));
    statements.push(format!("ALTER TABLE {} RENAME TO {}", identifier(&new_name), identifier(to.name)));
    statements
}

/// A name that no table, view or index has on either side.
fn free_name(table: &str, sides: &Sides<'_>) -> String {
    let base = format!("{TEMPORARY_NAME}_{table}");
    let is_taken = |name: &str| {
        let objects = sides.from.objects().iter().chain(sides.to.objects());
        objects.into_iter().any(|object| object.id.name.iter().any(|part| part.eq_ignore_ascii_case(name)))
    };
    let mut name = base.clone();
    for count in 2.. {
        if !is_taken(&name) {
            break;
        }
        name = format!("{base}_{count}");
    }
    name
}

/// Copies every row with its rowid. The conflict clauses of the new table, which might leave rows out, are overridden.
fn copy_statement(from: &Table<'_>, to: &Table<'_>, new_name: &str) -> String {
    let plain = || to.columns.iter().filter(|column| column.attributes.generated.is_none());
    let mut copied: Vec<(String, String)> = plain()
        .filter_map(|column| Some((identifier(column.name), identifier(from.column(column.name)?.name))))
        .collect();
    copied.extend(rowid_pair(from, to));
    if copied.is_empty() {
        // Nothing in common: every row becomes one of defaults.
        let default = |column: &Column<'_>| column.attributes.default.clone().unwrap_or_else(|| "NULL".into());
        copied.extend(plain().next().map(|column| (identifier(column.name), default(column))));
    }
    let (targets, sources): (Vec<_>, Vec<_>) = copied.into_iter().unzip();
    format!(
        "INSERT OR ABORT INTO {} ({}) SELECT {} FROM {}",
        identifier(new_name),
        targets.join(", "),
        sources.join(", "),
        identifier(from.name)
    )
}

/// Where the rowid goes and where it comes from, unless a copied column is it already or a side has none.
pub(super) fn rowid_pair(from: &Table<'_>, to: &Table<'_>) -> Option<(String, String)> {
    if from.attributes.without_rowid || to.attributes.without_rowid {
        return None;
    }
    let free = |table: &Table<'_>| ROWID_NAMES.into_iter().find(|name| table.column(name).is_none());
    let name_of = |table: &Table<'_>| match table.rowid_alias() {
        Some(alias) => Some(identifier(alias.name)),
        None => free(table).map(str::to_owned),
    };
    if to.rowid_alias().is_some_and(|alias| from.column(alias.name).is_some()) {
        return None;
    }
    Some((name_of(to)?, name_of(from)?))
}
