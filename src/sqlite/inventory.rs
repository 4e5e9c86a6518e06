//! What `sqlite_schema` and the pragmas say, as they say it. Judges nothing.

use std::collections::HashMap;

use rusqlite::{Connection, Result};
use schema_sync_store::ObjectId;

/// One row of `sqlite_schema` that has a text.
pub(super) struct Entry {
    /// `table`, `index`, `view`, `trigger`.
    pub(super) entry_type: String,
    pub(super) name: String,
    /// The table or view that it belongs to.
    pub(super) table: String,
    pub(super) sql: String,
    /// What PRAGMA `table_list` calls it, where it is a table or view: `table`, `view`, `virtual`, `shadow`.
    pub(super) table_type: Option<String>,
}

/// All entries but SQLite's own tables, which hold counters and statistics.
pub(super) fn entries(connection: &Connection) -> Result<Vec<Entry>> {
    let mut types = HashMap::new();
    let mut query = connection.prepare_cached("SELECT name, type FROM pragma_table_list WHERE schema = 'main'")?;
    for row in query.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))? {
        let (name, table_type) = row?;
        types.insert(name, table_type);
    }
    let mut query = connection.prepare_cached(
        "SELECT type, name, tbl_name, sql FROM main.sqlite_schema \
         WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
    )?;
    let entries = query.query_map([], |row| {
        let (entry_type, name): (String, String) = (row.get(0)?, row.get(1)?);
        let is_relation = entry_type == "table" || entry_type == "view";
        let table_type = if is_relation { types.get(&name).cloned() } else { None };
        Ok(Entry { entry_type, name, table: row.get(2)?, sql: row.get(3)?, table_type })
    })?;
    entries.collect()
}

/// A row of PRAGMA `table_xinfo`.
pub(super) struct ColumnInfo {
    pub(super) name: String,
    pub(super) declared_type: String,
    pub(super) not_null: bool,
    pub(super) default: Option<String>,
    /// Its place in the primary key, from 1; 0 where it is not part of it.
    pub(super) primary_key: i64,
    /// 0 plain, 1 hidden, 2 virtual generated, 3 stored generated.
    pub(super) hidden: i64,
}

pub(super) fn columns(connection: &Connection, table: &str) -> Result<Vec<ColumnInfo>> {
    let mut query = connection.prepare_cached(
        "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?1, 'main') ORDER BY cid",
    )?;
    let columns = query.query_map([table], |row| {
        Ok(ColumnInfo {
            name: row.get(0)?,
            declared_type: row.get(1)?,
            not_null: row.get(2)?,
            default: row.get(3)?,
            primary_key: row.get(4)?,
            hidden: row.get(5)?,
        })
    })?;
    columns.collect()
}

/// A foreign key as PRAGMA `foreign_key_list` tells it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ForeignKeyInfo {
    pub(super) parent: String,
    pub(super) columns: Vec<String>,
    /// Empty where the parent's primary key is meant.
    pub(super) parent_columns: Vec<String>,
    pub(super) on_update: String,
    pub(super) on_delete: String,
}

pub(super) fn foreign_keys(connection: &Connection, table: &str) -> Result<Vec<ForeignKeyInfo>> {
    let mut query = connection.prepare_cached(
        "SELECT id, \"table\", \"from\", \"to\", on_update, on_delete \
         FROM pragma_foreign_key_list(?1, 'main') ORDER BY id, seq",
    )?;
    let mut keys: Vec<(i64, ForeignKeyInfo)> = Vec::new();
    let mut rows = query.query([table])?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let (column, parent_column): (String, Option<String>) = (row.get(2)?, row.get(3)?);
        match keys.last_mut() {
            Some((last, key)) if *last == id => {
                key.columns.push(column);
                key.parent_columns.extend(parent_column);
            }
            _ => {
                let key = ForeignKeyInfo {
                    parent: row.get(1)?,
                    columns: vec![column],
                    parent_columns: parent_column.into_iter().collect(),
                    on_update: row.get(4)?,
                    on_delete: row.get(5)?,
                };
                keys.push((id, key));
            }
        }
    }
    Ok(keys.into_iter().map(|(_, key)| key).collect())
}

/// An index as PRAGMA `index_list` tells it.
pub(super) struct IndexInfo {
    pub(super) name: String,
    pub(super) unique: bool,
    /// `c` made by CREATE INDEX, `u` by UNIQUE, `pk` by PRIMARY KEY.
    pub(super) origin: String,
    pub(super) partial: bool,
}

pub(super) fn indexes(connection: &Connection, table: &str) -> Result<Vec<IndexInfo>> {
    let mut query = connection
        .prepare_cached("SELECT name, \"unique\", origin, partial FROM pragma_index_list(?1, 'main') ORDER BY seq")?;
    let indexes = query.query_map([table], |row| {
        Ok(IndexInfo { name: row.get(0)?, unique: row.get(1)?, origin: row.get(2)?, partial: row.get(3)? })
    })?;
    indexes.collect()
}

/// A key term of an index as PRAGMA `index_xinfo` tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TermInfo {
    /// `None` for an expression.
    pub(super) column: Option<String>,
    pub(super) descending: bool,
    /// In upper case.
    pub(super) collation: String,
}

pub(super) fn terms(connection: &Connection, index: &str) -> Result<Vec<TermInfo>> {
    let mut query = connection.prepare_cached(
        "SELECT name, \"desc\", coll FROM pragma_index_xinfo(?1, 'main') WHERE key = 1 ORDER BY seqno",
    )?;
    let terms = query.query_map([index], |row| {
        let collation: Option<String> = row.get(2)?;
        let collation = collation.unwrap_or_default().to_ascii_uppercase();
        Ok(TermInfo { column: row.get(0)?, descending: row.get(1)?, collation })
    })?;
    terms.collect()
}

/// Finds objects by the names by which SQL speaks of them, in whatever case.
#[derive(Default)]
pub(super) struct Names {
    relations: HashMap<String, ObjectId>,
    columns: HashMap<(String, String), (ObjectId, Option<String>)>,
}

impl Names {
    pub(super) fn add_relation(&mut self, name: &str, id: ObjectId) {
        self.relations.insert(name.to_ascii_lowercase(), id);
    }

    pub(super) fn add_column(&mut self, table: &str, column: &str, collation: Option<String>) {
        let key = (table.to_ascii_lowercase(), column.to_ascii_lowercase());
        self.columns.insert(key, (ObjectId::new("column", [table, column]), collation));
    }

    /// The table, view or virtual table of this name; a shadow table stands for its virtual table.
    pub(super) fn relation(&self, name: &str) -> Option<&ObjectId> {
        self.relations.get(&name.to_ascii_lowercase())
    }

    pub(super) fn column(&self, table: &str, column: &str) -> Option<&ObjectId> {
        self.columns.get(&(table.to_ascii_lowercase(), column.to_ascii_lowercase())).map(|(id, _)| id)
    }

    /// The collation that a column has of its own, in upper case.
    pub(super) fn collation(&self, table: &str, column: &str) -> String {
        let known = self.columns.get(&(table.to_ascii_lowercase(), column.to_ascii_lowercase()));
        known.and_then(|(_, collation)| collation.clone()).unwrap_or_else(|| "BINARY".to_owned())
    }
}
