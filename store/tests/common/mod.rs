//! Snapshots, entries and places that the store's tests share.

#![allow(dead_code, reason = "each suite uses a part of it")]
#![allow(clippy::print_stdout, reason = "a process that plays a part answers on its output")]

pub(crate) mod parts;
pub(crate) mod places;
pub(crate) mod race;
#[cfg(feature = "s3")]
pub(crate) mod s3_place;
#[cfg(feature = "s3")]
pub(crate) mod s3_server;

use std::collections::BTreeSet;

use schema_sync_store::{Event, LogName, NewEntry, Object, ObjectId, SchemaSnapshot};
use serde_json::json;

/// The log that most tests write to.
pub(crate) fn acme() -> LogName {
    LogName::tenant("acme").unwrap()
}

/// A small snapshot; another number is another snapshot.
pub(crate) fn snapshot(number: usize) -> SchemaSnapshot {
    let table = ObjectId::new("table", ["users"]);
    let mut column = Object::new(ObjectId::new("column", ["users", "email"]));
    column.attributes.insert("type".into(), json!(format!("varchar({number})")));
    column.needs.insert(table.clone());
    SchemaSnapshot::new("test", BTreeSet::new(), vec![Object::new(table), column]).unwrap()
}

/// An entry about no snapshot.
pub(crate) fn entry(note: &str) -> NewEntry {
    NewEntry::new(Event::CAPTURED, "tester").note(Some(note.to_owned()))
}
