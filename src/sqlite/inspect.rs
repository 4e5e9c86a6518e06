//! A live file as a snapshot: the texts of `sqlite_schema` read exactly, cross-checked against the pragmas, and refused
//! where the two disagree. Changes nothing; knows no plan.

mod index;
mod table;

use std::collections::BTreeSet;

use rusqlite::Connection;
use schema_sync_store::{Object, ObjectId, SchemaSnapshot};
use serde_json::Value;

use super::inventory::{self, Entry, Names};
use super::model::{ViewAttributes, to_attributes};
use super::needs::{self, Question};
use super::parse::ParseError;
use super::quote::identifier;
use super::statement_text;
use crate::adapter::AdapterError;

/// Modules of virtual tables that SQLite itself brings along, so that they can be made again anywhere.
const MODULES: [&str; 6] = ["fts3", "fts4", "fts5", "rtree", "rtree_i32", "dbstat"];

/// Why a schema cannot be read as a whole.
#[derive(Debug, thiserror::Error)]
pub(super) enum InspectError {
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("{object}: {reason}")]
    Refused { object: ObjectId, reason: String },
    #[error("{0}")]
    Snapshot(#[from] schema_sync_store::SnapshotError),
}

impl InspectError {
    fn text(object: &ObjectId, error: &ParseError) -> Self {
        Self::Refused {
            object: object.clone(),
            reason: format!("its text in sqlite_schema is not understood: {error}"),
        }
    }

    pub(super) fn of_tenant(self, tenant: &str) -> AdapterError {
        match self {
            Self::Snapshot(error) => AdapterError::Snapshot { tenant: tenant.to_owned(), error },
            other => AdapterError::Inspection { tenant: tenant.to_owned(), reason: other.to_string() },
        }
    }
}

/// Everything in the main database of a connection. The caller holds a transaction, so that it is of one moment.
pub(super) fn inspect(connection: &mut Connection) -> Result<SchemaSnapshot, InspectError> {
    let entries = inventory::entries(connection)?;
    let mut names = Names::default();
    for entry in &entries {
        if entry.entry_type == "table" || entry.entry_type == "view" {
            names.add_relation(&entry.name, relation_id(entry, &entries));
        }
    }
    let mut objects = Vec::new();
    for entry in entries.iter().filter(|entry| is_plain_table(entry)) {
        table::read(connection, entry, &mut names, &mut objects)?;
    }
    settle_references(&names, &mut objects);
    for entry in &entries {
        match (entry.entry_type.as_str(), entry.table_type.as_deref()) {
            ("table", Some("virtual")) => objects.push(virtual_table(entry)?),
            ("index", _) => objects.push(index::read(connection, entry, &names)?),
            _ => {}
        }
    }
    views_and_triggers(connection, &entries, &names, &mut objects)?;
    Ok(SchemaSnapshot::new(super::DIALECT_NAME, BTreeSet::new(), objects)?)
}

/// Takes the columns that foreign keys refer to as their tables have them, now that all tables are known.
fn settle_references(names: &Names, objects: &mut [Object]) {
    for object in objects.iter_mut().filter(|object| object.id.kind == "foreign_key") {
        let parent = object.attribute("parent").and_then(Value::as_str).unwrap_or_default().to_owned();
        let columns = object.attributes.get_mut("parent_columns").and_then(Value::as_array_mut);
        for column in columns.into_iter().flatten() {
            let declared = column.as_str().and_then(|name| names.column(&parent, name)).and_then(|id| id.name.last());
            if let Some(declared) = declared {
                *column = Value::from(declared.as_str());
            }
        }
    }
}

fn is_plain_table(entry: &Entry) -> bool {
    entry.entry_type == "table" && !matches!(entry.table_type.as_deref(), Some("virtual" | "shadow"))
}

/// What a table or view is called in the snapshot; a shadow table is part of its virtual table.
fn relation_id(entry: &Entry, entries: &[Entry]) -> ObjectId {
    match (entry.entry_type.as_str(), entry.table_type.as_deref()) {
        ("view", _) => ObjectId::new("view", [&entry.name]),
        (_, Some("virtual")) => virtual_table_id(entry),
        (_, Some("shadow")) => {
            let is_owner = |other: &&Entry| {
                let prefix = entry.name.get(..other.name.len() + 1);
                other.table_type.as_deref() == Some("virtual")
                    && prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case(&format!("{}_", other.name)))
            };
            let owner = entries.iter().filter(is_owner).max_by_key(|other| other.name.len());
            owner.map_or_else(|| ObjectId::new("table", [&entry.name]), virtual_table_id)
        }
        _ => ObjectId::new("table", [&entry.name]),
    }
}

fn virtual_table_id(entry: &Entry) -> ObjectId {
    let is_known = statement_text::virtual_table(&entry.sql).is_ok_and(|read| MODULES.contains(&read.module.as_str()));
    ObjectId::new(if is_known { "virtual_table" } else { "unmodelled" }, [&entry.name])
}

fn virtual_table(entry: &Entry) -> Result<Object, InspectError> {
    let id = virtual_table_id(entry);
    let read = statement_text::virtual_table(&entry.sql).map_err(|error| InspectError::text(&id, &error))?;
    let mut object = Object::new(id);
    object.attributes = to_attributes(&read);
    if object.id.kind == "unmodelled" {
        object.attributes.insert("class".into(), Value::from("virtual table"));
    }
    Ok(object)
}

/// An object that stands where nothing is modelled: it is seen, stored and told apart, and never touched.
fn unmodelled(entry: &Entry, class: &str) -> Object {
    let mut object = Object::new(ObjectId::new("unmodelled", [&entry.table, &entry.name]));
    object.attributes.insert("class".into(), Value::from(class));
    object.attributes.insert("sql".into(), Value::from(entry.sql.as_str()));
    object
}

fn views_and_triggers(
    connection: &mut Connection,
    entries: &[Entry],
    names: &Names,
    objects: &mut Vec<Object>,
) -> Result<(), InspectError> {
    let mut leaning = Vec::new();
    let mut questions = Vec::new();
    for entry in entries {
        let (object, statement) = match entry.entry_type.as_str() {
            "view" => (view(connection, entry)?, format!("SELECT * FROM main.{}", identifier(&entry.name))),
            "trigger" => {
                let Some(object) = trigger(entry, names)? else {
                    objects.push(unmodelled(entry, "trigger of a shadow table"));
                    continue;
                };
                let statement = firing_statement(connection, entry, &object)?;
                (object, statement)
            }
            _ => continue,
        };
        leaning.push(object);
        questions.push(Question { accessor: entry.name.clone(), statement, sql: entry.sql.clone() });
    }
    let answers = needs::answer(connection, &questions, names)?;
    for (mut object, needs) in leaning.into_iter().zip(answers) {
        object.needs.extend(needs);
        object.needs.remove(&object.id);
        objects.push(object);
    }
    Ok(())
}

fn view(connection: &Connection, entry: &Entry) -> Result<Object, InspectError> {
    let id = ObjectId::new("view", [&entry.name]);
    let (read, written) = statement_text::view(&entry.sql).map_err(|error| InspectError::text(&id, &error))?;
    let mut object = Object::new(id);
    object.attributes = if read.columns.is_empty() && !means_the_same(connection, &written, &read.query) {
        to_attributes(&ViewAttributes { query: written, ..read })
    } else {
        to_attributes(&read)
    };
    Ok(object)
}

/// Whether two queries that differ in white space and comments name their columns alike: SQLite names a column that is
/// given no name by its text as it is written.
fn means_the_same(connection: &Connection, written: &str, canonical: &str) -> bool {
    let columns = |query: &str| {
        let statement = connection.prepare(query).ok()?;
        Some(statement.column_names().map(str::to_owned).collect::<Vec<_>>())
    };
    columns(written).is_some_and(|names| columns(canonical) == Some(names))
}

/// A trigger of a table or view; `None` where it is on a shadow table.
fn trigger(entry: &Entry, names: &Names) -> Result<Option<Object>, InspectError> {
    let relation = names.relation(&entry.table).cloned();
    let relation = match relation {
        Some(relation) if relation.kind == "table" || relation.kind == "view" => relation,
        _ => return Ok(None),
    };
    let id = relation.sibling("trigger", relation.name.iter().cloned().chain([entry.name.as_str().into()]));
    let mut read = statement_text::trigger(&entry.sql).map_err(|error| InspectError::text(&id, &error))?;
    let mut object = Object::new(id);
    for column in &mut read.columns {
        if let Some(declared) = names.column(&entry.table, column) {
            object.needs.insert(declared.clone());
            if let Some(name) = declared.name.last() {
                *column = name.to_string();
            }
        }
    }
    object.attributes = to_attributes(&read);
    object.needs.insert(relation);
    Ok(Some(object))
}

/// A statement that would fire the trigger, so that compiling it compiles the trigger.
fn firing_statement(connection: &Connection, entry: &Entry, trigger: &Object) -> Result<String, InspectError> {
    let table = format!("main.{}", identifier(&entry.table));
    let event = trigger.attribute("event").and_then(Value::as_str).unwrap_or_default();
    Ok(match event {
        "INSERT" => format!("INSERT INTO {table} DEFAULT VALUES"),
        "DELETE" => format!("DELETE FROM {table}"),
        _ => {
            // A view that is broken has no columns that could be asked for.
            let columns = inventory::columns(connection, &entry.table).unwrap_or_default();
            let plain = columns.iter().filter(|column| column.hidden == 0);
            let sets: Vec<String> =
                plain.map(|column| identifier(&column.name)).map(|name| format!("{name} = {name}")).collect();
            format!("UPDATE {table} SET {}", sets.join(", "))
        }
    })
}
