//! Tables that are children of others, by inheritance or as partitions: who they are on both sides of a plan, and the
//! moments at which they come and go.

use schema_sync_store::{Object, ObjectId};

use super::column::is_inherited;
use crate::kind::Sides;

/// A name for the moment at which a partition is attached, or an index becomes part of another; for ordering only.
pub(super) fn attachment(id: &ObjectId) -> ObjectId {
    id.sibling("attachment", id.name.clone())
}

/// A name for the moment at which a table stops being a child; for ordering only.
pub(super) fn departure(table: &ObjectId) -> ObjectId {
    table.sibling("departure", table.name.clone())
}

/// The table that an object is part of, or that it is.
pub(super) fn table_of(id: &ObjectId) -> ObjectId {
    id.sibling("table", [id.name[0].clone()])
}

/// The moments that an index of a partitioned table waits for: a table that is attached to one with indexes gets
/// indexes made for it, under names of the server's choice.
pub(super) fn attachments(id: &ObjectId, sides: &Sides<'_>) -> Vec<ObjectId> {
    let table = table_of(id);
    let is_partition = |other: &&Object| other.attribute("partition_of").is_some() && other.needs.contains(&table);
    sides.to.of_kind("table").filter(is_partition).map(|partition| attachment(&partition.id)).collect()
}

/// The departures of the tables that were children of a table and are so no longer, or in another way.
pub(super) fn departures(table: &ObjectId, sides: &Sides<'_>) -> Vec<ObjectId> {
    let children = sides.from.of_kind("table").filter(|child| child.needs.contains(table));
    let leaves = |child: &&Object| {
        sides.to.get(&child.id).is_some_and(|after| {
            !after.needs.contains(table) || after.attribute("partition_of") != child.attribute("partition_of")
        })
    };
    children.filter(leaves).map(|child| departure(&child.id)).collect()
}

/// The partitions of a table that are dropped.
pub(super) fn dropped_partitions(table: &ObjectId, sides: &Sides<'_>) -> Vec<ObjectId> {
    let children = sides.from.of_kind("table").filter(|child| child.needs.contains(table));
    children.filter(|child| sides.to.get(&child.id).is_none()).map(|child| child.id.clone()).collect()
}

/// Whether a table is a child of another on both sides.
fn stays_child(child: &ObjectId, parent: &ObjectId, sides: &Sides<'_>) -> bool {
    let is_child = |object: Option<&Object>| object.is_some_and(|object| object.needs.contains(parent));
    is_child(sides.from.get(child)) && is_child(sides.to.get(child))
}

/// The columns that come and go with a column: those of children, and of theirs, that have it from there alone.
pub(super) fn inherited_columns<'a>(
    id: &ObjectId,
    side: &'a schema_sync_store::SchemaSnapshot,
    sides: &Sides<'_>,
) -> Vec<&'a Object> {
    let children = side.of_kind("column").filter(|column| is_inherited(column) && column.needs.contains(id));
    let staying = children.filter(|column| stays_child(&table_of(&column.id), &table_of(id), sides));
    staying.flat_map(|column| std::iter::once(column).chain(inherited_columns(&column.id, side, sides))).collect()
}

/// Whether a column of the `from` side goes with that of a parent whose child its table stays.
pub(super) fn goes_with_parent(column: &Object, sides: &Sides<'_>) -> bool {
    let table = table_of(&column.id);
    let parents = column.needs.iter().filter(|need| need.kind == "column").map(table_of);
    is_inherited(column) && parents.into_iter().any(|parent| stays_child(&table, &parent, sides))
}
