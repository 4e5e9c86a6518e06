//! Tables with their columns and constraints: the text is read, and every pragma must agree with what was read.

use std::collections::HashSet;

use rusqlite::Connection;
use schema_sync_store::{Object, ObjectId};

use super::super::inventory::{self, Entry, ForeignKeyInfo, Names};
use super::super::model::{KeyColumn, to_attributes};
use super::super::statement_text::names_in;
use super::super::table_text::{self, Constraint, TableText, canonical_expression, canonical_type_of};
use super::InspectError;

/// Reads a table and appends its objects.
pub(super) fn read(
    connection: &Connection,
    entry: &Entry,
    names: &mut Names,
    objects: &mut Vec<Object>,
) -> Result<(), InspectError> {
    let id = ObjectId::new("table", [&entry.name]);
    let mut text = table_text::parse(&entry.sql).map_err(|error| InspectError::text(&id, &error))?;
    if let Some(disagreement) = disagreement(connection, &entry.name, &text)? {
        let reason = format!("its text and the pragmas disagree on {disagreement}");
        return Err(InspectError::Refused { object: id, reason });
    }
    for (column, attributes) in &text.columns {
        names.add_column(&entry.name, column, attributes.collation.clone());
    }
    for constraint in &mut text.constraints {
        if let Constraint::ForeignKey(key) = constraint
            && let Some(parent) = names.relation(&key.parent).and_then(|id| id.name.last())
        {
            key.parent = parent.to_string();
        }
    }
    append(id, &text, objects);
    Ok(())
}

fn append(id: ObjectId, text: &TableText, objects: &mut Vec<Object>) {
    let mut table = Object::new(id.clone());
    table.attributes = to_attributes(&text.table);
    objects.push(table);
    for (name, column) in &text.columns {
        let mut object = part(&id, "column", &[name]);
        object.attributes = to_attributes(column);
        object.needs.extend(column.generated.as_deref().map(|text_of| named(&id, text, text_of)).unwrap_or_default());
        object.needs.remove(&object.id);
        objects.push(object);
    }
    let mut constraints: Vec<Object> =
        text.constraints.iter().map(|constraint| constraint_object(&id, text, constraint)).collect();
    // Names need not be unique in SQLite; among equals the attributes decide, whatever order they were written in.
    constraints.sort_by_cached_key(|object| {
        (object.id.clone(), serde_json::to_string(&object.attributes).unwrap_or_default())
    });
    let mut taken = HashSet::new();
    for mut object in constraints {
        let first = object.id.clone();
        for count in 2.. {
            if taken.insert(object.id.clone()) {
                break;
            }
            object.id =
                first.sibling(first.kind.clone(), first.name.iter().cloned().chain([format!("{count}").into()]));
        }
        objects.push(object);
    }
}

/// A part of a table, without attributes.
fn part(table: &ObjectId, kind: &str, name: &[&str]) -> Object {
    let name = table.name.iter().cloned().chain(name.iter().map(|part| (*part).into()));
    let mut object = Object::new(table.sibling(kind, name));
    object.needs.insert(table.clone());
    object
}

/// The columns that an expression names.
fn named(table: &ObjectId, text: &TableText, expression: &str) -> Vec<ObjectId> {
    let named: HashSet<String> = names_in(expression).collect();
    let columns = text.columns.iter().filter(|(name, _)| named.contains(&name.to_ascii_lowercase()));
    columns.map(|(name, _)| part(table, "column", &[name]).id).collect()
}

fn constraint_object(table: &ObjectId, text: &TableText, constraint: &Constraint) -> Object {
    let columns = |names: &[&str]| names.iter().map(|name| part(table, "column", &[name]).id).collect::<Vec<_>>();
    let (kind, name, attributes, needs) = match constraint {
        Constraint::PrimaryKey(key) => {
            ("primary_key", Some("primary_key".into()), to_attributes(key), columns(&plain_names(&key.columns)))
        }
        Constraint::Unique(key) => {
            ("unique", key.constraint.clone(), to_attributes(key), columns(&plain_names(&key.columns)))
        }
        Constraint::Check(check) => {
            ("check", check.constraint.clone(), to_attributes(check), named(table, text, &check.expression))
        }
        Constraint::ForeignKey(key) => {
            let own: Vec<&str> = key.columns.iter().map(String::as_str).collect();
            ("foreign_key", key.constraint.clone(), to_attributes(key), columns(&own))
        }
    };
    // What has no name is called by what it says.
    let name = name.unwrap_or_else(|| match constraint {
        Constraint::PrimaryKey(key) => plain_names(&key.columns).join(", "),
        Constraint::Unique(key) => plain_names(&key.columns).join(", "),
        Constraint::Check(check) => check.expression.clone(),
        Constraint::ForeignKey(key) => key.columns.join(", "),
    });
    let mut object = part(table, kind, &[&name]);
    object.attributes = attributes;
    object.needs.extend(needs);
    object
}

fn plain_names(columns: &[KeyColumn]) -> Vec<&str> {
    columns.iter().map(|key| key.column.as_str()).collect()
}

/// What text and pragmas disagree on, where they do.
fn disagreement(connection: &Connection, table: &str, text: &TableText) -> Result<Option<String>, InspectError> {
    Ok(match columns_disagree(connection, table, text)? {
        Some(column) => Some(format!("column {column}")),
        None if foreign_keys_disagree(connection, table, text)? => Some("its foreign keys".into()),
        None => keys_disagree(connection, table, text)?,
    })
}

fn columns_disagree(connection: &Connection, table: &str, text: &TableText) -> Result<Option<String>, InspectError> {
    let infos = inventory::columns(connection, table)?;
    if infos.len() != text.columns.len() {
        return Ok(Some("count".into()));
    }
    let key = text.constraints.iter().find_map(|constraint| match constraint {
        Constraint::PrimaryKey(key) => Some(key),
        _ => None,
    });
    for (info, (name, column)) in infos.iter().zip(&text.columns) {
        let place = key.and_then(|key| key.columns.iter().position(|part| part.column == *name));
        let place = place.map_or(0, |place| place as i64 + 1);
        let declared = canonical_type_of(&info.declared_type);
        let hidden = match (&column.generated, column.stored) {
            (None, _) => 0,
            (Some(_), false) => 2,
            (Some(_), true) => 3,
        };
        // In strict tables and those without rowid the columns of the key are never null, whatever they say.
        let is_key_not_null = place > 0 && (text.table.without_rowid || text.table.strict);
        let null_agrees = info.not_null == column.not_null || is_key_not_null;
        let comparable = |text: &str| bare(&canonical_expression(text)).to_ascii_lowercase();
        let default_agrees = info.default.as_deref().map(comparable) == column.default.as_deref().map(comparable);
        let agrees = info.name == *name
            && declared == column.declared_type.clone().unwrap_or_default()
            && hidden == info.hidden
            && null_agrees
            && default_agrees
            && info.primary_key == place;
        if !agrees {
            return Ok(Some(name.clone()));
        }
    }
    Ok(None)
}

/// An expression without the sign and the parentheses that PRAGMA leaves out around it.
fn bare(expression: &str) -> &str {
    let inner = expression.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    inner.unwrap_or(expression).trim_start_matches('+').trim_start()
}

fn foreign_keys_disagree(connection: &Connection, table: &str, text: &TableText) -> Result<bool, InspectError> {
    let mut told = inventory::foreign_keys(connection, table)?;
    let mut read: Vec<ForeignKeyInfo> = text
        .constraints
        .iter()
        .filter_map(|constraint| match constraint {
            Constraint::ForeignKey(key) => Some(ForeignKeyInfo {
                parent: key.parent.clone(),
                columns: key.columns.clone(),
                parent_columns: key.parent_columns.clone(),
                on_update: key.on_update.clone().unwrap_or_else(|| "NO ACTION".into()),
                on_delete: key.on_delete.clone().unwrap_or_else(|| "NO ACTION".into()),
            }),
            _ => None,
        })
        .collect();
    told.sort();
    read.sort();
    Ok(told != read)
}

/// Every index that SQLite made for a key must be one that was read, and the other way round.
fn keys_disagree(connection: &Connection, table: &str, text: &TableText) -> Result<Option<String>, InspectError> {
    let own_collation = |column: &str| {
        let found = text.columns.iter().find(|(name, _)| name == column);
        found.and_then(|(_, column)| column.collation.clone()).unwrap_or_else(|| "BINARY".into())
    };
    let terms_of = |columns: &[KeyColumn]| {
        let term = |key: &KeyColumn| {
            let collation = key.collation.clone().unwrap_or_else(|| own_collation(&key.column));
            (key.column.clone(), collation)
        };
        columns.iter().map(term).collect::<Vec<_>>()
    };
    let mut read = HashSet::new();
    let mut rowid_alias = None;
    for constraint in &text.constraints {
        match constraint {
            Constraint::PrimaryKey(key) if text.is_rowid_alias(key) => rowid_alias = Some(terms_of(&key.columns)),
            Constraint::PrimaryKey(key) => drop(read.insert(terms_of(&key.columns))),
            Constraint::Unique(key) => drop(read.insert(terms_of(&key.columns))),
            Constraint::Check(_) | Constraint::ForeignKey(_) => {}
        }
    }
    let mut told = HashSet::new();
    for index in inventory::indexes(connection, table)?.iter().filter(|index| index.origin != "c") {
        let terms = inventory::terms(connection, &index.name)?;
        told.insert(
            terms.into_iter().map(|term| (term.column.unwrap_or_default(), term.collation)).collect::<Vec<_>>(),
        );
    }
    // What is unique as the rowid needs no index of its own.
    if let Some(alias) = rowid_alias {
        told.remove(&alias);
        read.remove(&alias);
    }
    Ok((told != read).then(|| "its keys".to_owned()))
}
