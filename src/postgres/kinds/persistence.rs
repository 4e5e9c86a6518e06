//! Tables that become unlogged, or logged: in an order in which none that is logged refers to one that is not.

use schema_sync_store::{Object, ObjectId, SchemaSnapshot};

use super::super::quote::{dollar_quoted, literal, outer_name};
use super::lineage::table_of;
use super::{identity, sequence, table};
use crate::kind::Sides;
use crate::plan::{Fold, HazardKind, MigrationStep};

/// A name for the moment at which a table changes; for ordering only.
pub(super) fn change_of(table: &ObjectId) -> ObjectId {
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
    let step = MigrationStep { fold: Fold::Alone, ..step };
    sequences_logged_otherwise(id, unlogged, sides).into_iter().fold(step, MigrationStep::then)
}

/// From PostgreSQL 15 on, the sequences of its columns change with a table: what gives back to them how they are logged.
/// Before, none has changed.
fn sequences_logged_otherwise(table: &ObjectId, unlogged: bool, sides: &Sides<'_>) -> Vec<String> {
    let is_otherwise = |sequence: &&Object| {
        let after = sides.to.get(&sequence.id);
        after.is_some_and(|after| after.attribute("unlogged").is_some() != unlogged)
    };
    let owned = sequence::owned_by(table, sides.from).filter(is_otherwise).map(|sequence| outer_name(&sequence.id));
    let stays = |column: &&Object| sides.to.get(&column.id).and_then(identity::sequence_logged_otherwise).is_some();
    let columns = sides.from.parts("column", table).filter(stays);
    let of_identities = columns.filter_map(identity::sequence_logged_otherwise);
    let word = if unlogged { "LOGGED" } else { "UNLOGGED" };
    let give_back = |name: String| {
        let is_changed = format!(
            "(SELECT (relpersistence = 'u') = {unlogged} FROM pg_catalog.pg_class WHERE oid = {}::pg_catalog.regclass)",
            literal(&name)
        );
        let change = literal(&format!("ALTER SEQUENCE {name} SET {word}"));
        format!("DO {}", dollar_quoted(&format!("BEGIN IF {is_changed} THEN EXECUTE {change}; END IF; END")))
    };
    owned.chain(of_identities).map(give_back).collect()
}

/// Whether a key refers to the same table on both sides: one that does not is gone before its tables change.
fn stays(key: &Object, sides: &Sides<'_>) -> bool {
    let tables = |key: &Object| key.needs.iter().filter(|need| need.kind == "table").cloned().collect::<Vec<_>>();
    sides.to.get(&key.id).is_some_and(|after| tables(after) == tables(key))
}

fn tables_of(key: &Object, side: &SchemaSnapshot) -> Vec<ObjectId> {
    key.needs.iter().filter(|need| need.kind == "table" && side.get(need).is_some()).cloned().collect()
}
