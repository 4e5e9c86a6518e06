//! Tables that become unlogged, or logged: in an order in which none that is logged refers to one that is not.

use schema_sync_store::{Object, ObjectId, SchemaSnapshot};

use super::lineage::table_of;
use super::table;
use crate::kind::Sides;
use crate::plan::{Fold, HazardKind, MigrationStep};

/// A name for the moment at which a table changes; for ordering only.
fn change_of(table: &ObjectId) -> ObjectId {
    table.sibling("persistence", table.name.clone())
}

/// The step that changes a table. Those that it refers to become logged before it, those that refer to it unlogged.
pub(super) fn step(id: &ObjectId, unlogged: bool, sides: &Sides<'_>) -> MigrationStep {
    let word = if unlogged { "UNLOGGED" } else { "LOGGED" };
    let refers = |key: &&Object| if unlogged { key.needs.contains(id) } else { table_of(&key.id) == *id };
    let refers = |key: &&Object| refers(key) && stays(key, sides);
    let keys = sides.from.of_kind("foreign_key").filter(refers);
    let others = keys.flat_map(|key| if unlogged { vec![table_of(&key.id)] } else { tables_of(key, sides.from) });
    let awaited: Vec<ObjectId> = others.filter(|other| other != id).map(|other| change_of(&other)).collect();
    let step = table::altering(id, format!("SET {word}")).making([change_of(id)]).after(awaited);
    let step = step.hazard(HazardKind::TableRewrite, "every row is written again");
    // In one statement with it, the sequence of a new identity would stay as the table was.
    MigrationStep { fold: Fold::Alone, ..step }
}

/// Whether a key refers to the same table on both sides: one that does not is gone before its tables change.
fn stays(key: &Object, sides: &Sides<'_>) -> bool {
    let tables = |key: &Object| key.needs.iter().filter(|need| need.kind == "table").cloned().collect::<Vec<_>>();
    sides.to.get(&key.id).is_some_and(|after| tables(after) == tables(key))
}

fn tables_of(key: &Object, side: &SchemaSnapshot) -> Vec<ObjectId> {
    key.needs.iter().filter(|need| need.kind == "table" && side.get(need).is_some()).cloned().collect()
}
