//! Indexes made by CREATE INDEX.

use rusqlite::Connection;
use schema_sync_store::Object;

use super::super::inventory::{self, Entry, Names};
use super::super::model::{IndexTerm, to_attributes};
use super::super::statement_text::{self, names_in};
use super::{InspectError, unmodelled};

/// An index with its needs: its table and the columns that its terms and its condition name.
pub(super) fn read(connection: &Connection, entry: &Entry, names: &Names) -> Result<Object, InspectError> {
    let table = match names.relation(&entry.table) {
        Some(relation) if relation.kind == "table" => relation.clone(),
        _ => return Ok(unmodelled(entry, "index of a shadow table")),
    };
    let id = table.sibling("index", table.name.iter().cloned().chain([entry.name.as_str().into()]));
    let declared = |name: &str| names.column(&entry.table, name).and_then(|id| id.name.last()).map(ToString::to_string);
    let mut read = statement_text::index(&entry.sql, declared).map_err(|error| InspectError::text(&id, &error))?;
    let refuse = |reason: &str| InspectError::Refused {
        object: id.clone(),
        reason: format!("its text and PRAGMA index_xinfo disagree on {reason}"),
    };
    let terms = inventory::terms(connection, &entry.name)?;
    if terms.len() != read.terms.len() {
        return Err(refuse("the number of its terms"));
    }
    for (term, info) in read.terms.iter_mut().zip(&terms) {
        let agrees = match term {
            IndexTerm::Column(key) => {
                let own = names.collation(&entry.table, &key.column);
                let collation = key.collation.clone().unwrap_or_else(|| own.clone());
                if key.collation.as_ref() == Some(&own) {
                    key.collation = None;
                }
                info.column.as_ref() == Some(&key.column)
                    && info.descending == key.descending
                    && info.collation == collation
            }
            IndexTerm::Expression { descending, .. } => info.column.is_none() && info.descending == *descending,
        };
        if !agrees {
            return Err(refuse("a term"));
        }
    }
    let info = inventory::indexes(connection, &entry.table)?.into_iter().find(|info| info.name == entry.name);
    let expected = (read.unique, read.condition.is_some());
    if info.map(|info| (info.unique, info.partial)) != Some(expected) {
        return Err(refuse("whether it is unique or partial"));
    }
    let mut object = Object::new(id.clone());
    object.attributes = to_attributes(&read);
    object.needs = names_in(&entry.sql).filter_map(|name| names.column(&entry.table, &name).cloned()).collect();
    object.needs.insert(table);
    Ok(object)
}
