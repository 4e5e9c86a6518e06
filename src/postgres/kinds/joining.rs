//! What makes a table a child of others: attaching partitions, and what must be so before.

use schema_sync_store::{Object, ObjectId};

use super::super::quote::outer_name;
use super::table::Partition;
use super::{check, lineage};
use crate::kind::Sides;
use crate::plan::{MigrationStep, PlanError};

/// The checks of the partitioned tables above: a table must have them before it can be attached.
pub(super) fn checks_of_ancestors(table: &Object, sides: &Sides<'_>) -> Result<Vec<String>, PlanError> {
    let mut lines = Vec::new();
    for parent in table.needs.iter().filter(|need| need.kind == "table").filter_map(|need| sides.to.get(need)) {
        for constraint in sides.to.parts("check", &parent.id) {
            lines.extend(check::inline(constraint)?);
        }
        lines.extend(checks_of_ancestors(parent, sides)?);
    }
    Ok(lines)
}

/// What a table waits for before it becomes a child: parents, the columns and checks on both sides as they will be, and
/// the departures of those whose place it may take.
pub(super) fn before_joining(id: &ObjectId, sides: &Sides<'_>) -> Vec<ObjectId> {
    let parents = sides.to.get(id).into_iter().flat_map(|table| &table.needs).filter(|need| need.kind == "table");
    let mut awaited: Vec<ObjectId> = Vec::new();
    for table in parents.clone().chain([id]) {
        for side in [sides.from, sides.to] {
            let parts = ["column", "check"].into_iter().flat_map(|kind| side.parts(kind, table));
            awaited.extend(parts.map(|part| part.id.clone()));
        }
    }
    for parent in parents {
        awaited.push(parent.clone());
        let others = lineage::departures(parent, sides).into_iter().chain(lineage::dropped_partitions(parent, sides));
        awaited.extend(others.filter(|other| *other != lineage::departure(id)));
    }
    awaited
}

/// The step that makes a table a partition.
pub(super) fn attach(id: &ObjectId, partition: &Partition, sides: &Sides<'_>) -> MigrationStep {
    let Partition { parent, bound } = partition;
    let statement = format!("ALTER TABLE ONLY {parent} ATTACH PARTITION {} {bound}", outer_name(id));
    let step = MigrationStep::alter(id, statement).locking(format!("SHARE UPDATE EXCLUSIVE on {parent}"));
    // Where the indexes of the partitioned table stay, those of the partition must be there to be taken.
    let same = |id: &ObjectId| match (sides.from.get(id), sides.to.get(id)) {
        (Some(before), Some(after)) => before.attributes == after.attributes,
        _ => false,
    };
    let stays = |index: &&Object| {
        super::index::parent_of(index).is_some_and(|parent| {
            let table = parent.sibling("table", [parent.name[0].clone()]);
            let is_partitioned = sides.from.get(&table).is_some_and(|table| table.attribute("partition_by").is_some());
            is_partitioned && same(parent) && !lineage::is_replaced(&table, sides)
        })
    };
    let indexes = ["index", "primary_key", "unique"].into_iter().flat_map(|kind| sides.to.parts(kind, id));
    let is_made = |index: &&Object| {
        let differs = |before: &Object| {
            let names = before.attributes.keys().chain(index.attributes.keys());
            names.into_iter().any(|name| name != "attached" && before.attribute(name) != index.attribute(name))
        };
        lineage::is_replaced(id, sides) || sides.from.get(&index.id).is_none_or(differs)
    };
    // One of a partitioned table is taken only when it has all its parts.
    let with_parts =
        |index: &Object| super::index::attachments_to(&index.id, sides).into_iter().chain([index.id.clone()]);
    let indexes: Vec<ObjectId> = indexes.filter(stays).filter(is_made).flat_map(with_parts).collect();
    let step = step.after(before_joining(id, sides)).after(indexes);
    step.making([lineage::attachment(id)])
}
