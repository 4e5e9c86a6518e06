//! The kinds of SQLite: one file each, one line each in [`KINDS`].

mod column;
mod constraint;
mod index;
mod table;
mod trigger;
mod view;
mod virtual_table;

use schema_sync_store::{Object, ObjectId};

use super::change::TableChange;
use crate::kind::{Kind, Sides};

pub(super) const KINDS: &[&dyn Kind] = &[
    &table::TableKind,
    &column::ColumnKind,
    &constraint::ConstraintKind("primary_key"),
    &constraint::ConstraintKind("unique"),
    &constraint::ConstraintKind("check"),
    &constraint::ConstraintKind("foreign_key"),
    &index::IndexKind,
    &view::ViewKind,
    &trigger::TriggerKind,
    &virtual_table::VirtualTableKind,
];

/// Tables, views and indexes share their names, in whatever case.
fn relation_claim(name: &str) -> Vec<String> {
    vec![format!("relation {}", name.to_ascii_lowercase())]
}

/// The indexes and triggers that go down with the old table when a part's table is rebuilt.
fn displaced(part: &Object, sides: &Sides<'_>) -> Vec<ObjectId> {
    match TableChange::of_part(&part.id, sides) {
        Ok(Some(change)) if change.is_rebuild => companions(&change.from.object.id, sides),
        // What cannot be read is refused when its steps are asked for.
        _ => Vec::new(),
    }
}

/// The indexes and triggers of a table before the change.
fn companions(table: &ObjectId, sides: &Sides<'_>) -> Vec<ObjectId> {
    let of_kind = |kind| sides.from.parts(kind, table).map(|object| object.id.clone());
    of_kind("index").chain(of_kind("trigger")).collect()
}
