//! Indexes of partitions that become partitions of another table: they stay, and become part of that table's indexes.

use schema_sync_store::{Object, ObjectId};

use super::{index, lineage};
use crate::kind::Sides;
use crate::plan::MigrationStep;

/// Whether an index stays when the one goes that it is part of, as its table leaves that one's before.
pub(super) fn outlives(object: &Object, need: &ObjectId, sides: &Sides<'_>) -> bool {
    let stays_part = |side: Option<&Object>| side.is_some_and(|index| index.attribute("attached").is_some());
    index::WITH_INDEX.contains(&need.kind.as_str())
        && lineage::is_moved(&lineage::table_of(&object.id), sides)
        && stays_part(Some(object))
        && stays_part(sides.to.get(&object.id))
        && !index::is_server_made(object)
}

/// The steps that make such indexes part of this one. Those that are it already stay so.
pub(super) fn attach_to(parent: &ObjectId, sides: &Sides<'_>) -> Vec<MigrationStep> {
    let kinds = index::WITH_INDEX.into_iter().flat_map(|kind| sides.to.dependents(kind, parent));
    let parts = kinds.filter(|part| index::parent_of(part) == Some(parent));
    let moved = parts.filter(|part| {
        let before = sides.from.get(&part.id).and_then(|before| index::parent_of(before));
        before.is_some_and(|before| outlives(part, before, sides))
    });
    let attach = |part: &Object| {
        let step = index::attach(part)?;
        // It may be made anew for another reason.
        Some(MigrationStep { makes: Vec::new(), ..step }.after([part.id.clone()]))
    };
    moved.filter_map(attach).collect()
}

/// The indexes of a table that becomes a partition which are to stay its own, and are equal to one that becomes part of
/// its new parent's. The server would take any of the right shape when the table is attached, so these come after that.
pub(super) fn in_the_way(table: &ObjectId, sides: &Sides<'_>) -> Vec<ObjectId> {
    let is_own = |index: &Object| index.attribute("attached").is_none();
    let is_like = |index: &Object, part: &Object| {
        let mut names = index.attributes.keys().chain(part.attributes.keys());
        let is_shape = |name: &str| name != "attached" && !super::index_mark::is_mark(name);
        names.all(|name| !is_shape(name) || index.attribute(name) == part.attribute(name))
    };
    let parts: Vec<&Object> = sides.to.parts("index", table).filter(|index| !is_own(index)).collect();
    let stays = |index: &&Object| is_own(index) && sides.to.get(&index.id).is_some_and(is_own);
    let staying = sides.from.parts("index", table).filter(stays);
    staying.filter(|index| parts.iter().any(|part| is_like(index, part))).map(|index| index.id.clone()).collect()
}
