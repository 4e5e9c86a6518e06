//! Rows that refer to nothing, before and after a change: what was broken before must not stop a change, what a change
//! breaks must.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, Result};

use super::quote::identifier;

/// A foreign key by what it says, as its number changes when its table is rebuilt.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    child: String,
    columns: String,
    parent: String,
}

/// The rows that break one foreign key.
#[derive(Debug, Clone, Default)]
struct Rows {
    rowids: BTreeSet<i64>,
    /// Rows of tables without rowid, or all of a foreign key whose parent has no such key.
    unnamed: usize,
}

/// All rows that refer to nothing.
#[derive(Debug, Clone, Default)]
pub(super) struct Violations(BTreeMap<Key, Rows>);

impl Violations {
    /// Asks every table that has foreign keys.
    pub(super) fn read(connection: &Connection) -> Result<Self> {
        let mut violations = Self::default();
        let mut query = connection.prepare(
            "SELECT DISTINCT m.name FROM main.sqlite_schema m, pragma_foreign_key_list(m.name, 'main') \
             WHERE m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL%'",
        )?;
        let children: Vec<String> = query.query_map([], |row| row.get(0))?.collect::<Result<_>>()?;
        for child in children {
            violations.read_child(connection, &child)?;
        }
        Ok(violations)
    }

    fn read_child(&mut self, connection: &Connection, child: &str) -> Result<()> {
        let keys = keys(connection, child)?;
        let mut query = connection.prepare_cached("SELECT rowid, fkid FROM pragma_foreign_key_check(?1, 'main')")?;
        let rows = query.query_map([child], |row| Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, i64>(1)?)));
        match rows.and_then(Iterator::collect::<Result<Vec<_>>>) {
            Ok(rows) => {
                for (rowid, id) in rows {
                    let Some(key) = keys.get(&id) else { continue };
                    let rows = self.0.entry(key.clone()).or_default();
                    match rowid {
                        Some(rowid) => drop(rows.rowids.insert(rowid)),
                        None => rows.unnamed += 1,
                    }
                }
                Ok(())
            }
            // A parent without the key that is referred to: SQLite cannot look, and refuses every write to the child. Without
            // rows nothing is broken by that; with rows it counts as one broken reference of each key.
            Err(error) if error.to_string().contains("foreign key mismatch") => {
                let query = format!("SELECT EXISTS (SELECT 1 FROM main.{})", identifier(child));
                if connection.query_row(&query, [], |row| row.get(0))? {
                    for key in keys.into_values() {
                        self.0.entry(key).or_default().unnamed += 1;
                    }
                }
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// What is broken here and was not before, in words.
    pub(super) fn beyond(&self, before: &Self) -> Vec<String> {
        let none = Rows::default();
        let mut broken = Vec::new();
        for (Key { child, columns, parent }, rows) in &self.0 {
            let key = Key { child: child.clone(), columns: columns.clone(), parent: parent.clone() };
            let old = before.0.get(&key).unwrap_or(&none);
            let count = if rows.unnamed > 0 || old.unnamed > 0 {
                (rows.unnamed + rows.rowids.len()).saturating_sub(old.unnamed + old.rowids.len())
            } else {
                rows.rowids.difference(&old.rowids).count()
            };
            if count > 0 {
                broken.push(format!("{count} of table {child} by {columns}, into {parent}"));
            }
        }
        broken
    }
}

/// The foreign keys of a table by the numbers that PRAGMA gives them.
fn keys(connection: &Connection, child: &str) -> Result<BTreeMap<i64, Key>> {
    let mut query = connection.prepare_cached(
        "SELECT id, \"table\", group_concat(\"from\", ', ') FROM \
         (SELECT * FROM pragma_foreign_key_list(?1, 'main') ORDER BY id, seq) GROUP BY id",
    )?;
    let keys = query.query_map([child], |row| {
        let (parent, columns): (String, String) = (row.get(1)?, row.get(2)?);
        let child = child.to_ascii_lowercase();
        Ok((row.get(0)?, Key { child, columns: columns.to_ascii_lowercase(), parent: parent.to_ascii_lowercase() }))
    })?;
    keys.collect()
}
