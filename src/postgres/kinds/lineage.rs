//! Tables that are children of others, by inheritance or as partitions: who they are on both sides of a plan, and the
//! moments at which they come and go.

use schema_sync_store::{Object, ObjectId};

use super::super::quote::{identifier, last_part};
use super::column::is_inherited;
use crate::kind::Sides;
use crate::plan::PlanError;

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

/// Whether a table is a child of another on both sides, and in between.
fn stays_child(child: &ObjectId, parent: &ObjectId, sides: &Sides<'_>) -> bool {
    let (Some(before), Some(after)) = (sides.from.get(child), sides.to.get(child)) else { return false };
    let is_child = |object: &Object| object.needs.contains(parent);
    is_child(before) && is_child(after) && before.attribute("partition_of") == after.attribute("partition_of")
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

/// The new columns of children, and of theirs, that declare one of the same name themselves; the deepest first. They
/// must be there before it: the server then joins the two, while it refuses a declaration of what is inherited already.
pub(super) fn joining_columns<'a>(id: &ObjectId, sides: &Sides<'a>) -> Vec<&'a Object> {
    let children = sides.to.of_kind("column").filter(|column| column.needs.contains(id));
    let staying = children.filter(|column| stays_child(&table_of(&column.id), &table_of(id), sides));
    let is_new = |column: &&Object| !is_inherited(column) && sides.from.get(&column.id).is_none();
    staying
        .flat_map(|column| joining_columns(&column.id, sides).into_iter().chain(Some(column).filter(is_new)))
        .collect()
}

/// The columns of the tables above that stay, where a table leaves and comes back.
pub(super) fn altered_above(table: &ObjectId, sides: &Sides<'_>) -> Vec<ObjectId> {
    let needs = |side: &schema_sync_store::SchemaSnapshot| {
        let needs = side.get(table).into_iter().flat_map(|table| table.needs.iter().cloned()).collect::<Vec<_>>();
        needs.into_iter().filter(|need| need.kind == "table")
    };
    let parents = needs(sides.from).filter(|parent| needs(sides.to).any(|other| other == *parent));
    let columns = parents
        .flat_map(|parent| sides.from.parts("column", &parent).map(|column| column.id.clone()).collect::<Vec<_>>());
    columns.filter(|column| sides.to.get(column).is_some()).collect()
}

/// The columns of children, and of theirs, that are declared there as well and go with a column: what is inherited cannot
/// be dropped before its parent's. Parents come first.
pub(super) fn parting_columns<'a>(id: &ObjectId, sides: &Sides<'a>) -> Vec<&'a Object> {
    let children = sides.from.of_kind("column").filter(|column| column.needs.contains(id));
    let staying = children.filter(|column| stays_child(&table_of(&column.id), &table_of(id), sides));
    let goes = |column: &&Object| !is_inherited(column) && sides.to.get(&column.id).is_none();
    staying.flat_map(|column| Some(column).filter(goes).into_iter().chain(parting_columns(&column.id, sides))).collect()
}

/// Whether columns of children that come from this one alone are kept without it.
pub(super) fn become_local(id: &ObjectId, sides: &Sides<'_>) -> bool {
    inherited_columns(id, sides.from, sides).iter().any(|child| sides.to.get(&child.id).is_some())
}

/// Whether the table of an object is a partition of the `to` side.
pub(super) fn is_partition(id: &ObjectId, sides: &Sides<'_>) -> bool {
    sides.to.get(&table_of(id)).is_some_and(|table| table.attribute("partition_of").is_some())
}

/// Whether a column of the `from` side needs no statement of its own to go: it goes with that of a parent, or when its
/// table stops being a child.
pub(super) fn goes_along(column: &Object, sides: &Sides<'_>) -> bool {
    is_inherited(column) && sides.to.get(&table_of(&column.id)).is_some()
}

/// The columns that a table had from a parent that it leaves, and that it does not keep.
pub(super) fn left_behind<'a>(table: &'a ObjectId, sides: &Sides<'a>) -> Vec<&'a Object> {
    let sides = *sides;
    let stays = move |column: &Object| {
        let mut parents = column.needs.iter().filter(|need| need.kind == "column").map(table_of);
        parents.any(|parent| stays_child(table, &parent, &sides))
    };
    let columns = sides.from.parts("column", table);
    columns.filter(|column| is_inherited(column) && sides.to.get(&column.id).is_none() && !stays(column)).collect()
}

/// The indexes and keys that a table had as parts of those of a partitioned table that it leaves, and that it does not keep.
pub(super) fn left_indexes<'a>(table: &'a ObjectId, sides: &Sides<'a>) -> Vec<&'a Object> {
    let sides = *sides;
    let indexes = ["index", "primary_key", "unique"].into_iter().flat_map(|kind| sides.from.parts(kind, table));
    indexes.filter(move |index| is_left(index, &sides)).collect()
}

/// Whether an index can go only when its table has stopped being a partition, as that which it is part of stays.
pub(super) fn is_left(index: &Object, sides: &Sides<'_>) -> bool {
    let leaves = sides.to.get(&table_of(&index.id)).is_some() && !is_partition(&index.id, sides);
    let parent = super::index::parent_of(index).filter(|_| leaves && sides.to.get(&index.id).is_none());
    parent.is_some_and(|parent| sides.to.get(parent).is_some())
}

/// The foreign keys that a table had as a partition, under the names that they have above, and that it does not keep. They
/// are told by the tables above alone.
pub(super) fn left_foreign_keys(table: &ObjectId, sides: &Sides<'_>) -> Vec<ObjectId> {
    let parents = sides.from.get(table).into_iter().flat_map(|table| &table.needs).filter(|need| need.kind == "table");
    let mut names: Vec<ObjectId> = Vec::new();
    for parent in parents {
        let keys = sides.from.parts("foreign_key", parent).map(|key| key.id.clone());
        for key in keys.chain(left_foreign_keys(parent, sides)) {
            names.push(key.sibling("foreign_key", [table.name[0].clone(), last_part(&key).into()]));
        }
    }
    if is_partition(table, sides) { Vec::new() } else { names }
        .into_iter()
        .filter(|key| sides.to.get(key).is_none() && sides.from.get(key).is_none())
        .collect()
}

/// No statement changes the type of a column by which a table is partitioned.
pub(super) fn refuse_partition_key(column: &ObjectId, sides: &Sides<'_>) -> Result<(), PlanError> {
    let table = sides.from.get(&table_of(column));
    let strategy = table.and_then(|table| table.attribute("partition_by")).and_then(serde_json::Value::as_str);
    if strategy.is_none_or(|strategy| !super::mentions(strategy, &identifier(last_part(column)))) {
        return Ok(());
    }
    let reason = "its type would change, which the server refuses for a column that its table is partitioned by: make \
                  a new partitioned table and move the rows";
    Err(PlanError::Refused { object: column.clone(), reason: reason.to_owned() })
}
