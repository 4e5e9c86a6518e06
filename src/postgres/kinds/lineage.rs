//! Tables that are children of others, by inheritance or as partitions: who they are on both sides of a plan, and the
//! moments at which they come and go.

use schema_sync_store::{Object, ObjectId, SchemaSnapshot};

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

/// The partitions of a table.
pub(super) fn partitions<'a>(table: &ObjectId, side: &'a SchemaSnapshot) -> impl Iterator<Item = &'a Object> {
    side.dependents("table", table).filter(|other| other.attribute("partition_of").is_some())
}

/// The partitions of a table, and theirs.
fn below<'a>(table: &ObjectId, side: &'a SchemaSnapshot) -> Vec<&'a Object> {
    let with_below = |child: &'a Object| std::iter::once(child).chain(below(&child.id, side));
    partitions(table, side).flat_map(with_below).collect()
}

/// The moments that an index of a partitioned table waits for: a table that is attached to one with indexes gets
/// indexes made for it, under names of the server's choice.
pub(super) fn attachments(id: &ObjectId, sides: &Sides<'_>) -> Vec<ObjectId> {
    let table = table_of(id);
    partitions(&table, sides.to).map(|partition| attachment(&partition.id)).collect()
}

/// The departures of the tables that were children of a table and are so no longer, or in another way.
pub(super) fn departures(table: &ObjectId, sides: &Sides<'_>) -> Vec<ObjectId> {
    let children = sides.from.dependents("table", table);
    let leaves = |child: &&Object| {
        sides.to.get(&child.id).is_some_and(|after| {
            !after.needs.contains(table) || after.attribute("partition_of") != child.attribute("partition_of")
        })
    };
    children.filter(leaves).map(|child| departure(&child.id)).collect()
}

/// The departures of the tables that stay children of a table, directly or through others, and leave another parent. Until
/// then they have from that parent as well what they have from this table.
pub(super) fn departures_below(table: &ObjectId, sides: &Sides<'_>) -> Vec<ObjectId> {
    let children = sides.from.dependents("table", table).filter(|child| stays_child(&child.id, table, sides));
    let leaves = |child: &Object| {
        let after = sides.to.get(&child.id);
        let mut parents = child.needs.iter().filter(|need| need.kind == "table");
        parents.any(|parent| after.is_some_and(|after| !after.needs.contains(parent)))
    };
    let with_below = |child: &Object| {
        let own = leaves(child).then(|| departure(&child.id));
        own.into_iter().chain(departures_below(&child.id, sides)).collect::<Vec<_>>()
    };
    children.flat_map(with_below).collect()
}

/// The partitions of a table that are dropped.
pub(super) fn dropped_partitions(table: &ObjectId, sides: &Sides<'_>) -> Vec<ObjectId> {
    let children = sides.from.dependents("table", table);
    children.filter(|child| sides.to.get(&child.id).is_none()).map(|child| child.id.clone()).collect()
}

/// Whether partitions of a table are dropped, be it to be made again.
pub(super) fn loses_partitions(table: &ObjectId, sides: &Sides<'_>) -> bool {
    partitions(table, sides.from).any(|child| sides.to.get(&child.id).is_none() || is_replaced(&child.id, sides))
}

/// Whether a foreign key of the `from` side refers to a table.
pub(super) fn references(key: &Object, table: &ObjectId) -> bool {
    let is_key = |need: &&ObjectId| matches!(need.kind.as_str(), "primary_key" | "unique" | "index");
    key.needs.iter().filter(is_key).any(|need| table_of(need) == *table)
}

/// The foreign keys of the `from` side that refer to the partitioned tables above a table: no partition of one goes
/// while a key refers to it.
pub(super) fn keys_on_ancestors(table: &Object, sides: &Sides<'_>) -> Vec<ObjectId> {
    if table.attribute("partition_of").is_none() {
        return Vec::new();
    }
    let parents = table.needs.iter().filter(|need| need.kind == "table").filter_map(|need| sides.from.get(need));
    let of_parent = |parent: &Object| {
        let keys = sides.from.of_kind("foreign_key").filter(|key| references(key, &parent.id));
        keys.map(|key| key.id.clone()).chain(keys_on_ancestors(parent, sides)).collect::<Vec<_>>()
    };
    parents.flat_map(of_parent).collect()
}

/// The tables that a table is a partition of, directly or through others.
pub(super) fn ancestors(table: &ObjectId, side: &schema_sync_store::SchemaSnapshot) -> Vec<ObjectId> {
    let partition = side.get(table).filter(|table| table.attribute("partition_of").is_some());
    let parents = partition.into_iter().flat_map(|table| &table.needs).filter(|need| need.kind == "table");
    parents.flat_map(|parent| std::iter::once(parent.clone()).chain(ancestors(parent, side))).collect()
}

/// Whether a partition becomes one of another bound or parent, for which it is detached.
pub(super) fn is_moved(table: &ObjectId, sides: &Sides<'_>) -> bool {
    let (Some(before), Some(after)) = (sides.from.get(table), sides.to.get(table)) else { return false };
    before.attribute("partition_of") != after.attribute("partition_of")
}

/// Whether a table is a child of another on both sides, and never stops being one in between.
pub(super) fn stays_child(child: &ObjectId, parent: &ObjectId, sides: &Sides<'_>) -> bool {
    let is_child = |object: Option<&Object>| object.is_some_and(|object| object.needs.contains(parent));
    is_child(sides.from.get(child))
        && is_child(sides.to.get(child))
        && !is_moved(child, sides)
        && !is_replaced(child, sides)
}

/// Whether the table of a column has children while the column comes.
pub(super) fn has_children(column: &ObjectId, sides: &Sides<'_>) -> bool {
    let table = table_of(column);
    sides.from.dependents("table", &table).any(|child| stays_child(&child.id, &table, sides))
}

/// The columns that come and go with a column: those of children, and of theirs, that have it from there alone.
pub(super) fn inherited_columns<'a>(id: &ObjectId, side: &'a SchemaSnapshot, sides: &Sides<'_>) -> Vec<&'a Object> {
    let children = side.dependents("column", id).filter(|column| is_inherited(column));
    let staying = children.filter(|column| stays_child(&table_of(&column.id), &table_of(id), sides));
    staying.flat_map(|column| std::iter::once(column).chain(inherited_columns(&column.id, side, sides))).collect()
}

/// Whether a child begins to declare a column that it has from the same parent on both sides.
pub(super) fn is_declared_anew(before: &Object, after: &Object, sides: &Sides<'_>) -> bool {
    let is_parent = |need: &&ObjectId| need.kind == "column" && last_part(need) == last_part(&before.id);
    let stays = || before.needs.iter().filter(is_parent).any(|parent| after.needs.contains(parent));
    is_inherited(before) && !is_inherited(after) && !is_partition(&before.id, sides) && stays()
}

/// Whether a column of a child is what its parent's is throughout, whether or not the child declares it as well.
pub(super) fn follows_parent(id: &ObjectId, sides: &Sides<'_>) -> bool {
    let (Some(before), Some(after)) = (sides.from.get(id), sides.to.get(id)) else { return false };
    let is_parent = |need: &&ObjectId| need.kind == "column" && last_part(need) == last_part(id);
    let mut parents = before.needs.iter().filter(is_parent).filter(|parent| after.needs.contains(parent));
    parents.any(|parent| stays_child(&table_of(id), &table_of(parent), sides))
}

/// The new columns of children, and of theirs, that declare one of the same name themselves; the deepest first. They
/// must be there before it: the server then joins the two, while it refuses a declaration of what is inherited already.
pub(super) fn joining_columns<'a>(id: &ObjectId, sides: &Sides<'a>) -> Vec<&'a Object> {
    let children = sides.to.dependents("column", id);
    let staying = children.filter(|column| stays_child(&table_of(&column.id), &table_of(id), sides));
    let is_new = |column: &&Object| !is_inherited(column) && sides.from.get(&column.id).is_none();
    staying
        .flat_map(|column| joining_columns(&column.id, sides).into_iter().chain(Some(column).filter(is_new)))
        .collect()
}

/// The columns that children, and theirs, have already when a parent gains one: they must be as it will be before.
pub(super) fn joined_columns(id: &ObjectId, sides: &Sides<'_>) -> Vec<ObjectId> {
    let children = sides.to.dependents("column", id);
    let staying = children.filter(|column| stays_child(&table_of(&column.id), &table_of(id), sides));
    staying.filter(|column| sides.from.get(&column.id).is_some()).map(|column| column.id.clone()).collect()
}

/// Whether a parent gains a column that this child of it has already.
pub(super) fn is_joined(id: &ObjectId, sides: &Sides<'_>) -> bool {
    let needs = sides.to.get(id).into_iter().flat_map(|column| &column.needs);
    let mut gained = needs.filter(|need| need.kind == "column" && sides.from.get(need).is_none());
    gained.any(|parent| stays_child(&table_of(id), &table_of(parent), sides))
}

/// The columns of children, and of theirs, that are declared there as well and go with a column: what is inherited cannot
/// be dropped before its parent's. Parents come first.
pub(super) fn parting_columns<'a>(id: &ObjectId, sides: &Sides<'a>) -> Vec<&'a Object> {
    let children = sides.from.dependents("column", id);
    let staying = children.filter(|column| stays_child(&table_of(&column.id), &table_of(id), sides));
    let goes = |column: &&Object| !is_inherited(column) && sides.to.get(&column.id).is_none();
    staying.flat_map(|column| Some(column).filter(goes).into_iter().chain(parting_columns(&column.id, sides))).collect()
}

/// Whether columns of children that come from this one alone are kept without it. One that comes from it again goes and
/// comes along.
pub(super) fn become_local(id: &ObjectId, sides: &Sides<'_>) -> bool {
    let is_own = |child: &Object| !(is_inherited(child) && child.needs.iter().any(|need| need.kind == "column"));
    inherited_columns(id, sides.from, sides).iter().any(|child| sides.to.get(&child.id).is_some_and(is_own))
}

/// Whether the table of an object is a partition of the `to` side.
pub(super) fn is_partition(id: &ObjectId, sides: &Sides<'_>) -> bool {
    sides.to.get(&table_of(id)).is_some_and(|table| table.attribute("partition_of").is_some())
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

/// The indexes, and constraints with one, that a table had as parts of those of a partitioned table that it leaves, and
/// that it does not keep.
pub(super) fn left_indexes<'a>(table: &'a ObjectId, sides: &Sides<'a>) -> Vec<&'a Object> {
    let sides = *sides;
    let parts = super::index::WITH_INDEX.into_iter().flat_map(move |kind| sides.from.parts(kind, table));
    parts.filter(move |index| leaves_parent(index, &sides)).collect()
}

/// Whether an index can go only when a table has stopped being a partition, as that which it is part of stays: its own
/// table, or the one that this is a partition of and that takes it along.
pub(super) fn is_left(index: &Object, sides: &Sides<'_>) -> bool {
    let part_of = || super::index::parent_of(index).and_then(|parent| sides.from.get(parent));
    leaves_parent(index, sides)
        || (index.attribute("attached").is_some() && part_of().is_some_and(|parent| is_left(parent, sides)))
}

/// Whether an index goes with a partition that is dropped: as part of another one, no statement takes it alone.
pub(super) fn goes_with_partition(index: &Object, sides: &Sides<'_>) -> bool {
    let table = table_of(&index.id);
    index.attribute("attached").is_some() && (sides.to.get(&table).is_none() || is_replaced(&table, sides))
}

fn leaves_parent(index: &Object, sides: &Sides<'_>) -> bool {
    let table = table_of(&index.id);
    let stays = sides.to.get(&table).is_some() && !is_replaced(&table, sides);
    let is_part = stays && index.attribute("attached").is_some() && sides.to.get(&index.id).is_none();
    let Some(parent) = super::index::parent_of(index).filter(|_| is_part) else { return false };
    if is_partition(&index.id, sides) {
        return is_moved(&table, sides);
    }
    sides.to.get(parent).is_some()
}

/// Whether a table is made anew, as its own strategy of partitioning changes or that of one above it.
pub(super) fn is_replaced(table: &ObjectId, sides: &Sides<'_>) -> bool {
    let (Some(before), Some(after)) = (sides.from.get(table), sides.to.get(table)) else { return false };
    // It leaves the others before these go.
    let stays = |parent: &&ObjectId| parent.kind == "table" && *parent != table && after.needs.contains(*parent);
    let mut parents = before.needs.iter().filter(stays);
    super::remade_table::is_remade(table, sides) || parents.any(|parent| is_replaced(parent, sides))
}

/// The partitions of a table, and theirs, that are made anew: no column goes by which one of them is partitioned.
pub(super) fn replaced_below(table: &ObjectId, sides: &Sides<'_>) -> Vec<ObjectId> {
    let below = below(table, sides.from).into_iter();
    let replaced = below.filter(|other| !is_replaced(table, sides) && is_replaced(&other.id, sides));
    replaced.map(|other| other.id.clone()).collect()
}

/// The defaults of the tables that a table inherits from: it gets them as they are when it is made.
pub(super) fn defaults_above(table: &Object, side: &SchemaSnapshot) -> Vec<ObjectId> {
    let parents = table.needs.iter().filter(|need| need.kind == "table");
    parents.flat_map(|parent| side.parts("default", parent)).map(|default| default.id.clone()).collect()
}

/// Whether a table is partitioned by a column. No statement changes the type of such a column.
pub(super) fn is_partition_key(column: &ObjectId, sides: &Sides<'_>) -> bool {
    let table = sides.from.get(&table_of(column));
    let strategy = table.and_then(|table| table.attribute("partition_by")).and_then(serde_json::Value::as_str);
    strategy.is_some_and(|strategy| super::mentions(strategy, &identifier(last_part(column))))
}

/// No statement makes a type anew under a column by which a table is partitioned.
pub(super) fn refuse_partition_key(column: &ObjectId, sides: &Sides<'_>) -> Result<(), PlanError> {
    if !is_partition_key(column, sides) {
        return Ok(());
    }
    let reason = "its type would be made anew, which the server refuses for a column that its table is partitioned by: \
                  make a new partitioned table and move the rows";
    Err(PlanError::Refused { object: column.clone(), reason: reason.to_owned() })
}
