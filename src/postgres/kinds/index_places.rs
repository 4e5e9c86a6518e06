//! Indexes and keys that go down with others: those that parts of partitions belong to, and those that the server makes
//! anew under foreign keys.

use schema_sync_store::{Object, ObjectId, SchemaSnapshot};

use super::super::quote::last_part;
use super::index::{WITH_INDEX, parent_of};
use super::lineage;
use crate::kind::Sides;

/// The indexes that go with one that is part of them and goes or becomes another, as none goes alone: those that it is
/// part of, even where they stay as they are.
pub(super) fn displaced(object: &Object, sides: &Sides<'_>) -> Vec<ObjectId> {
    let above = |index: &Object| {
        let mut above = Vec::new();
        let mut next = parent_of(index);
        while let Some(parent) = next {
            above.push(parent.clone());
            next = sides.from.get(parent).and_then(parent_of);
        }
        above
    };
    let table = lineage::table_of(&object.id);
    // No longer part of them when its table is detached.
    if lineage::ancestors(&table, sides.from).iter().chain([&table]).any(|it| lineage::is_moved(it, sides)) {
        return Vec::new();
    }
    let Some(before) = sides.from.get(&object.id) else {
        // One that comes takes the place of another, which is then part of what is equal.
        let has_place = |other: &Object| parent_of(other).is_some() && parent_of(other) == parent_of(object);
        let mut others = WITH_INDEX.into_iter().flat_map(|kind| sides.from.parts(kind, &table));
        return if others.any(has_place) { above(object) } else { Vec::new() };
    };
    let is_other = |after: &Object| {
        let mut names = before.attributes.keys().chain(after.attributes.keys());
        parent_of(before) != parent_of(after)
            || names.any(|name| name != "attached" && before.attribute(name) != after.attribute(name))
    };
    let stays = sides.to.get(&object.id).is_some_and(|after| !is_other(after));
    if stays || lineage::is_left(before, sides) || lineage::goes_with_partition(before, sides) {
        return Vec::new();
    }
    above(before)
}

/// An index that stops being part of another while its table stays a partition: it goes with the other, and is made again.
pub(super) fn gone_with_whole(object: &Object, sides: &Sides<'_>) -> Vec<ObjectId> {
    let before = sides.from.get(&object.id).filter(|before| before.attribute("attached").is_some());
    let after = sides.to.get(&object.id).filter(|after| after.attribute("attached").is_none());
    let whole = before.filter(|_| after.is_some()).and_then(parent_of).map(lineage::table_of);
    let goes = whole.is_some_and(|whole| lineage::stays_child(&lineage::table_of(&object.id), &whole, sides));
    if goes { vec![object.id.clone()] } else { Vec::new() }
}

/// The foreign keys that refer by an index that includes a column whose type changes: the server makes the index anew
/// and leaves such keys alone, unless they speak of the column.
pub(super) fn keys_over_included(column: &ObjectId, sides: &Sides<'_>) -> Vec<ObjectId> {
    let changes = |name: &str| {
        let of = |side: &SchemaSnapshot| side.get(column).map(|it| it.attribute(name).cloned());
        of(sides.from) != of(sides.to)
    };
    if !changes("type") && !changes("collation") {
        return Vec::new();
    }
    let includes = |index: &&Object| {
        let included = index.attribute("include").and_then(serde_json::Value::as_array);
        included.is_some_and(|names| names.iter().any(|name| name.as_str() == Some(last_part(column))))
    };
    let table = lineage::table_of(column);
    let indexes = WITH_INDEX.into_iter().flat_map(|kind| sides.from.parts(kind, &table)).filter(includes);
    let indexes: Vec<&ObjectId> = indexes.map(|index| &index.id).collect();
    let keys = indexes.into_iter().flat_map(|index| sides.from.dependents("foreign_key", index));
    keys.map(|key| key.id.clone()).collect()
}
