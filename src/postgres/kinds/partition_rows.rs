//! Rows that belong to another partition once one comes or its bound changes: the server refuses to attach a table while a
//! row of it, or of the default partition, is in the wrong place, so they move before.

use schema_sync_store::{Object, ObjectId, SchemaSnapshot};

use super::super::printed;
use super::super::quote::{identifier, last_part, literal, outer_name};
use super::lineage;
use super::table::Partition;
use crate::kind::Sides;
use crate::plan::{HazardKind, MigrationStep};

/// The step that attaches a table, with the statements before it that move such rows. Where these could do more than that,
/// as something watches over rows that come or go, there are none, and the server refuses when there is such a row.
pub(super) fn moved(step: MigrationStep, id: &ObjectId, partition: &Partition, sides: &Sides<'_>) -> MigrationStep {
    let Some(parent) = sides.to.get(id).and_then(|table| table.needs.iter().find(|need| need.kind == "table")) else {
        return step;
    };
    let condition = || {
        let strategy = sides.to.get(parent)?.attribute("partition_by")?.as_str()?;
        printed::condition_of_bound(&format!("{}::regclass", literal(&partition.parent)), strategy, &partition.bound)
    };
    let Some(condition) = condition().filter(|_| is_ordinary(id, sides.to)) else { return step };
    let given =
        given_back(id, parent, sides).map(|into| moving(id, &into, &format!("({condition}) IS NOT TRUE"), sides));
    let taken = default_of(parent, sides).filter(|default| gives(&default.id, id, sides));
    let taken = taken.map(|default| moving(&default.id, id, &condition, sides));
    if given.is_none() && taken.is_none() {
        return step;
    }
    let newcomers = if given.is_some() { newcomers(parent, sides) } else { Vec::new() };
    let mut step = step.after(newcomers);
    step.statements.splice(0..0, security(parent, sides).into_iter().chain(given).chain(taken));
    step.hazard(HazardKind::TableScan, "rows are read, and move between partitions where they belong to another now")
}

/// What gives a role that policies hide rows from an error, and not a part of the rows.
fn security(parent: &ObjectId, sides: &Sides<'_>) -> Option<String> {
    let has_policies = |side: &SchemaSnapshot| {
        let mut tables = side.of_kind("table").filter(|table| table.attribute("row_security").is_some());
        tables.any(|table| table.id == *parent || table.needs.contains(parent))
    };
    [sides.from, sides.to].into_iter().any(has_policies).then(|| "SET LOCAL row_security = off".to_owned())
}

/// The statement that moves rows from one table to another.
fn moving(from: &ObjectId, into: &ObjectId, condition: &str, sides: &Sides<'_>) -> String {
    let stored = sides.to.parts("column", into).filter(|column| column.attribute("generated").is_none());
    let names: Vec<String> = stored.map(|column| identifier(last_part(&column.id))).collect();
    let names = names.join(", ");
    format!(
        "WITH moved AS (DELETE FROM {} WHERE {condition} RETURNING {names}) \
         INSERT INTO {} ({names}) OVERRIDING SYSTEM VALUE SELECT {names} FROM moved",
        outer_name(from),
        outer_name(into),
    )
}

/// Where rows go that a partition of another bound no longer holds: to the same table as before, in its place among the
/// partitions that are there by then.
fn given_back(id: &ObjectId, parent: &ObjectId, sides: &Sides<'_>) -> Option<ObjectId> {
    let above = lineage::ancestors(parent, sides.from);
    let was_partition = sides.from.get(id).is_some_and(|table| table.needs.contains(parent));
    let is_moved = was_partition && lineage::is_moved(id, sides) && !lineage::is_replaced(id, sides);
    let gives = above.iter().chain([parent]).all(|into| gives(id, into, sides));
    (is_moved && is_ordinary(id, sides.from) && gives).then(|| parent.clone())
}

/// The moments at which new partitions of a table are attached.
fn newcomers(parent: &ObjectId, sides: &Sides<'_>) -> Vec<ObjectId> {
    let is_new = |table: &&Object| sides.from.get(&table.id).is_none() && table.needs.contains(parent);
    let partitions = sides.to.of_kind("table").filter(|table| table.attribute("partition_of").is_some());
    partitions.filter(is_new).map(|table| lineage::attachment(&table.id)).collect()
}

/// Whether a table is neither partitioned nor elsewhere.
fn is_ordinary(id: &ObjectId, side: &SchemaSnapshot) -> bool {
    let is_free = |table: &Object| ["foreign", "partition_by"].iter().all(|name| table.attribute(name).is_none());
    side.get(id).is_some_and(is_free)
}

/// The default partition that a table has throughout.
fn default_of<'a>(parent: &ObjectId, sides: &Sides<'a>) -> Option<&'a Object> {
    let is_default = |table: &&Object| {
        let bound = table.attribute("partition_of").and_then(|partition| partition.get("bound"));
        bound.and_then(serde_json::Value::as_str) == Some("DEFAULT")
    };
    let mut partitions = sides.from.of_kind("table").filter(is_default);
    partitions.find(|table| lineage::stays_child(&table.id, parent, sides) && is_ordinary(&table.id, sides.from))
}

/// Whether rows can go from one table to another without more than that: no trigger, no rule, and no key that would take
/// others along.
fn gives(from: &ObjectId, into: &ObjectId, sides: &Sides<'_>) -> bool {
    [sides.from, sides.to].into_iter().all(|side| {
        let takes_along = |key: &&Object| key.attribute("on_delete").is_some();
        let mut from_and_above = lineage::ancestors(from, side);
        from_and_above.push(from.clone());
        let is_free = |table: &ObjectId| {
            let mut keys = side.of_kind("foreign_key").filter(takes_along);
            !keys.any(|key| lineage::references(key, table)) && !fires(table, "DELETE", side)
        };
        from_and_above.iter().all(is_free)
            && is_deletable(from, side)
            && !fires(into, "INSERT", side)
            && !waits(into, side)
    })
}

/// Whether a trigger or a rule of a table speaks of an event.
fn fires(table: &ObjectId, event: &str, side: &SchemaSnapshot) -> bool {
    let mut watching = ["trigger", "rule"].into_iter().flat_map(|kind| side.parts(kind, table));
    watching.any(|object| {
        let definition = object.attribute("definition").and_then(serde_json::Value::as_str);
        definition.is_some_and(|definition| definition.contains(event))
    })
}

/// Whether a table's keys are looked at only when the transaction ends: it could not be attached before.
fn waits(table: &ObjectId, side: &SchemaSnapshot) -> bool {
    let mut keys =
        ["exclusion", "foreign_key", "primary_key", "unique"].into_iter().flat_map(|kind| side.parts(kind, table));
    keys.any(|key| key.attribute("initially_deferred").is_some())
}

/// No row goes from a table that is published without a replica identity.
fn is_deletable(table: &ObjectId, side: &SchemaSnapshot) -> bool {
    let is_identified = side.parts("primary_key", table).next().is_some()
        || side.get(table).is_some_and(|table| table.attribute("replica_identity").is_some());
    is_identified || side.of_kind("publication").next().is_none()
}
