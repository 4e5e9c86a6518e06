//! What makes a table a child of others: attaching partitions, and what must be so before.

use schema_sync_store::{Object, ObjectId, SchemaSnapshot};

use super::super::quote::{dollar_quoted, identifier, last_part, literal, outer_name};
use super::table::Partition;
use super::{check, column, lineage, partition_rows};
use crate::kind::Sides;
use crate::plan::{MigrationStep, PlanError};

/// The checks that a table has from those above it: it must have them before it becomes their child.
pub(super) fn checks_of_ancestors<'a>(table: &Object, side: &'a SchemaSnapshot) -> Vec<&'a Object> {
    let mut checks = Vec::new();
    for parent in table.needs.iter().filter(|need| need.kind == "table").filter_map(|need| side.get(need)) {
        checks.extend(side.parts("check", &parent.id).filter(|constraint| check::is_inherited(constraint)));
        checks.extend(checks_of_ancestors(parent, side));
    }
    checks
}

/// Whether both are the same constraint, whichever tables they are on.
fn is_same(left: &Object, right: &Object) -> bool {
    left.id.name.last() == right.id.name.last() && left.attributes == right.attributes
}

/// The checks above a table that it does not have yet: neither of its own nor from those that it leaves.
fn missing_checks<'a>(table: &Object, sides: &Sides<'a>) -> Vec<&'a Object> {
    let had = inherited_before(&table.id, sides);
    let own: Vec<&Object> = sides.to.parts("check", &table.id).collect();
    let is_there = |constraint: &&Object| had.iter().chain(&own).any(|other| is_same(other, constraint));
    checks_of_ancestors(table, sides.to).into_iter().filter(|constraint| !is_there(constraint)).collect()
}

/// The clauses by which a table gets the checks that it must have before it becomes a partition. One that it had from
/// above and that is not valid must be so.
pub(super) fn check_clauses(table: &Object, sides: &Sides<'_>) -> Result<Vec<String>, PlanError> {
    let missing = missing_checks(table, sides);
    let mut clauses = Vec::new();
    for constraint in checks_of_ancestors(table, sides.to) {
        if missing.iter().any(|other| other.id == constraint.id) {
            clauses.push(format!("ADD {}", check::of_partition(constraint)?));
        } else if check::is_unproven(constraint) {
            clauses.push(format!("VALIDATE CONSTRAINT {}", identifier(last_part(&constraint.id))));
        }
    }
    Ok(clauses)
}

/// The statements that take away the checks that a table had from above and keeps when it leaves, though it should not.
pub(super) fn left_checks(table: &ObjectId, sides: &Sides<'_>) -> Vec<String> {
    let Some(after) = sides.to.get(table) else { return Vec::new() };
    let kept = checks_of_ancestors(after, sides.to);
    let left = inherited_before(table, sides).into_iter();
    let left = left.filter(|constraint| !kept.iter().any(|other| is_same(other, constraint)));
    let left = left.chain(sides.from.parts("check", table).filter(|constraint| is_left_check(constraint, sides)));
    let drop = |constraint: &Object| {
        let name = identifier(last_part(&constraint.id));
        format!("ALTER TABLE {} DROP CONSTRAINT IF EXISTS {name}", outer_name(table))
    };
    left.map(drop).collect()
}

/// Whether a check that a table both declares and has from above goes, which it can only when the table has left.
pub(super) fn is_left_check(constraint: &Object, sides: &Sides<'_>) -> bool {
    let table = lineage::table_of(&constraint.id);
    let (Some(before), Some(after)) = (sides.from.get(&table), sides.to.get(&table)) else { return false };
    let leaves = ["inherits", "partition_of"].iter().any(|name| before.attribute(name) != after.attribute(name));
    let is_above = |side: &SchemaSnapshot, table: &Object| {
        checks_of_ancestors(table, side).iter().any(|other| other.id.name.last() == constraint.id.name.last())
    };
    leaves && sides.to.get(&constraint.id).is_none() && is_above(sides.from, before) && !is_above(sides.to, after)
}

/// The statement that takes away the foreign keys that a table had from above and keeps when it leaves. What they are
/// called there is the server's choice, so that it is asked.
pub(super) fn left_foreign_keys(table: &ObjectId, sides: &Sides<'_>) -> Option<String> {
    let (before, after) = (sides.from.get(table)?, sides.to.get(table)?);
    let above = foreign_keys_of_ancestors(before, sides.from);
    let stay = foreign_keys_of_ancestors(after, sides.to);
    let is_kept = |key: &&Object| stay.iter().any(|other| is_same(other, key));
    if above.iter().all(is_kept) {
        return None;
    }
    let own: Vec<String> =
        sides.from.parts("foreign_key", table).map(|key| format!(", {}", literal(last_part(&key.id)))).collect();
    let name = outer_name(table);
    let body = format!(
        "DECLARE left_over name; BEGIN FOR left_over IN SELECT conname FROM pg_constraint WHERE conrelid = {}::regclass \
         AND contype = 'f' AND conparentid = 0 AND conname NOT IN (''{}) LOOP \
         EXECUTE format({}, left_over); END LOOP; END",
        literal(&name),
        own.concat(),
        literal(&format!("ALTER TABLE {} DROP CONSTRAINT %I", name.replace('%', "%%"))),
    );
    Some(format!("DO {}", dollar_quoted(&body)))
}

fn foreign_keys_of_ancestors<'a>(table: &Object, side: &'a SchemaSnapshot) -> Vec<&'a Object> {
    let mut keys = Vec::new();
    let is_partition = table.attribute("partition_of").is_some();
    let parents = table.needs.iter().filter(|need| is_partition && need.kind == "table");
    for parent in parents.filter_map(|need| side.get(need)) {
        keys.extend(side.parts("foreign_key", &parent.id));
        keys.extend(foreign_keys_of_ancestors(parent, side));
    }
    keys
}

/// The checks that a table of the `from` side has from above and does not declare itself.
fn inherited_before<'a>(table: &ObjectId, sides: &Sides<'a>) -> Vec<&'a Object> {
    let Some(before) = sides.from.get(table) else { return Vec::new() };
    let own: Vec<&Object> = sides.from.parts("check", table).collect();
    let declares = |constraint: &&Object| own.iter().any(|other| other.id.name.last() == constraint.id.name.last());
    checks_of_ancestors(before, sides.from).into_iter().filter(|constraint| !declares(constraint)).collect()
}

/// Whether a column that comes from parents alone on both sides loses the last of these on the way.
fn becomes_own(column: &Object, sides: &Sides<'_>) -> bool {
    let Some(after) = sides.to.get(&lineage::table_of(&column.id)) else { return false };
    let stays_inherited = sides.to.get(&column.id).is_some_and(column::is_inherited);
    let mut old = column.needs.iter().filter(|need| need.kind == "column").map(lineage::table_of);
    let is_partition = lineage::is_partition(&column.id, sides);
    column::is_inherited(column) && stays_inherited && !is_partition && !old.any(|parent| after.needs.contains(&parent))
}

/// Whether a column becomes its table's own on the way though the `to` side has it from a parent alone.
pub(super) fn is_left_own(column: &Object, sides: &Sides<'_>) -> bool {
    becomes_own(column, sides) && !joins_early(&lineage::table_of(&column.id), sides)
}

/// Whether a table must become a child of new parents before it leaves its old ones, and can. A column that it has from
/// parents alone becomes its own when the last of these goes, and no statement takes that back.
pub(super) fn joins_early(id: &ObjectId, sides: &Sides<'_>) -> bool {
    let (Some(before), Some(after)) = (sides.from.get(id), sides.to.get(id)) else { return false };
    let parents = || after.needs.iter().filter(|need| need.kind == "table");
    let is_as_above = |above: &Object| {
        let column = id.sibling("column", [id.name[0].clone(), last_part(&above.id).into()]);
        let is_like = |name: &str, side: &SchemaSnapshot| {
            side.get(&column).is_some_and(|column| column.attribute(name) == above.attribute(name))
        };
        let must_be_like = ["type", "collation", "not_null", "generated"];
        must_be_like.iter().all(|name| is_like(name, sides.from) && is_like(name, sides.to))
    };
    let no_partition = after.attribute("partition_of").is_none() && before.attribute("partition_of").is_none();
    no_partition
        && sides.from.parts("column", id).any(|column| becomes_own(column, sides))
        && parents().all(|parent| sides.to.parts("column", parent).all(is_as_above))
        && missing_checks(after, sides).is_empty()
}

/// What a table waits for before it becomes a child of new parents while it is still one of the old: only the parents, as
/// its own columns are already as they will be.
pub(super) fn before_joining_early(id: &ObjectId, sides: &Sides<'_>) -> Vec<ObjectId> {
    let own = |other: &ObjectId| lineage::table_of(other) == *id || *other == lineage::departure(id);
    before_joining(id, sides).into_iter().filter(|other| !own(other)).collect()
}

/// What a table waits for before it becomes a child: parents, the columns and checks on both sides as they will be, and
/// the departures of those whose place it may take.
pub(super) fn before_joining(id: &ObjectId, sides: &Sides<'_>) -> Vec<ObjectId> {
    let parents = sides.to.get(id).into_iter().flat_map(|table| &table.needs).filter(|need| need.kind == "table");
    let mut awaited: Vec<ObjectId> = Vec::new();
    for table in parents.clone().chain([id]) {
        for side in [sides.from, sides.to] {
            let parts = ["column", "check"].into_iter().flat_map(|kind| side.parts(kind, table));
            // Their types may be made anew under them.
            let is_type = |need: &&ObjectId| {
                !matches!(need.kind.as_str(), "table" | "column" | "schema" | "function")
                    && sides.to.get(need).is_some()
            };
            let with_types =
                |part: &Object| part.needs.iter().filter(is_type).chain([&part.id]).cloned().collect::<Vec<ObjectId>>();
            awaited.extend(parts.flat_map(with_types));
        }
    }
    for parent in parents {
        awaited.push(parent.clone());
        let others = lineage::departures(parent, sides).into_iter().chain(lineage::dropped_partitions(parent, sides));
        awaited.extend(others.filter(|other| *other != lineage::departure(id)));
    }
    awaited
}

/// Whether an index goes down with a column of a partitioned table: with its type, see [`super::column`], or as it is
/// computed otherwise.
fn is_displaced(index: &ObjectId, sides: &Sides<'_>) -> bool {
    let needs = sides.from.get(index).into_iter().flat_map(|index| &index.needs).filter(|need| need.kind == "column");
    let generated = |side: &SchemaSnapshot, id: &ObjectId| side.get(id).map(|it| it.attribute("generated").cloned());
    let is_computed_otherwise = |id: &ObjectId| generated(sides.from, id) != generated(sides.to, id);
    let has_index_alone = index.kind == "index";
    needs
        .into_iter()
        .any(|need| is_computed_otherwise(need) || (has_index_alone && super::column::displaces_indexes(need, sides)))
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
            is_partitioned && same(parent) && !lineage::is_replaced(&table, sides) && !is_displaced(parent, sides)
        })
    };
    let indexes = super::index::WITH_INDEX.into_iter().flat_map(|kind| sides.to.parts(kind, id));
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
    let is_taken = |index: &&Object| !super::index::is_server_made(index);
    let indexes: Vec<ObjectId> = indexes.filter(is_taken).filter(stays).filter(is_made).flat_map(with_parts).collect();
    let step = step.after(before_joining(id, sides)).after(indexes);
    partition_rows::moved(step, id, partition, sides).making([lineage::attachment(id)])
}
