//! What a parent's constraint does to those that children have of the same column.

use schema_sync_store::{Object, ObjectId, SchemaSnapshot};

use super::super::super::quote::{identifier, last_part, outer_name};
use super::super::{is_partitioned, lineage, table};
use super::{Stated, add, of, parent_of, rename_where_named, rename_where_so_named};
use crate::kind::Sides;
use crate::plan::{MigrationStep, PlanError};

/// Whether a column's table is a child of the same parent on both sides.
pub(super) fn is_child_twice(id: &ObjectId, sides: &Sides<'_>) -> bool {
    let table = lineage::table_of(id);
    let parents = sides.to.get(id).into_iter().flat_map(|column| &column.needs).filter(|need| need.kind == "column");
    parents.map(lineage::table_of).any(|parent| lineage::stays_child(&table, &parent, sides))
}

/// Renaming a parent's constraint renames those of its children.
pub(super) fn is_renamed_above(
    column: &Object,
    old: &Stated,
    new: &Stated,
    sides: &Sides<'_>,
) -> Result<bool, PlanError> {
    if !is_child_twice(&column.id, sides) {
        return Ok(false);
    }
    let before = sides.from.get(&column.id).map(|before| parent_of(before, sides.from)).transpose()?.flatten();
    let after = parent_of(column, sides.to)?;
    Ok(before.is_some_and(|parent| parent.name == old.name) && after.is_some_and(|parent| parent.name == new.name))
}

/// The columns that are of children of this one's table on both sides, theirs included, and not null on both.
fn children<'a>(id: &ObjectId, sides: &Sides<'a>) -> Vec<(&'a Object, &'a Object)> {
    let table = lineage::table_of(id);
    let is_child = |column: &&Object| lineage::stays_child(&lineage::table_of(&column.id), &table, sides);
    let mut found = Vec::new();
    for after in sides.to.dependents("column", id).filter(is_child) {
        let before = sides.from.get(&after.id);
        if let Some(before) =
            before.filter(|before| [before, &after].iter().all(|it| it.attribute("not_null").is_some()))
        {
            found.push((before, after));
        }
        found.extend(children(&after.id, sides));
    }
    found
}

/// Whether a column is in its table's primary key, which does not let it be null.
fn is_in_key(column: &ObjectId, sides: &Sides<'_>) -> bool {
    let table = lineage::table_of(column);
    let keys = |side: &SchemaSnapshot| side.parts("primary_key", &table).any(|key| key.needs.contains(column));
    keys(sides.from) || keys(sides.to)
}

/// Whether a parent loses it alone, as the server refuses to take it from children that have the column in a key.
fn is_lost_alone(id: &ObjectId, sides: &Sides<'_>) -> bool {
    !is_partitioned(id, sides) && children(id, sides).iter().any(|(_, after)| is_in_key(&after.id, sides))
}

/// The step by which a parent loses it.
pub(super) fn lose(id: &ObjectId, sides: &Sides<'_>) -> MigrationStep {
    let clause = format!("ALTER COLUMN {} DROP NOT NULL", identifier(last_part(id)));
    if !is_lost_alone(id, sides) {
        return table::altering(id, clause);
    }
    let name = outer_name(id);
    let step = MigrationStep::alter(id, "").clause(format!("ALTER TABLE ONLY {name}"), clause);
    step.locking(table::access_exclusive(&name))
}

/// What a parent gains must not leave children with names that the server would not let them change then, nor with
/// constraints of their own that should be the parent's alone.
pub(super) fn make_way_in_children(parent: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
    let mut steps = Vec::new();
    for (before, after) in children(&parent.id, sides) {
        let (Some(old), Some(new)) = (of(before, sides.from)?, of(after, sides.to)?) else { continue };
        if makes_way(before, &old, &new, sides)? {
            let clause = format!("ALTER COLUMN {} DROP NOT NULL", identifier(last_part(&after.id)));
            steps.push(table::altering(&after.id, clause));
        } else {
            steps.extend(rename_where_named(before, after, sides)?);
        }
    }
    Ok(steps)
}

/// Whether a child's own constraint goes, as its parent's comes and is all that the child should have. Until PostgreSQL 18
/// there is but one in any case.
fn makes_way(before: &Object, old: &Stated, new: &Stated, sides: &Sides<'_>) -> Result<bool, PlanError> {
    let is_given = old.is_local && !new.is_local && is_child_twice(&before.id, sides);
    Ok(is_given && parent_of(before, sides.from)?.is_none() && !is_in_key(&before.id, sides))
}

/// What a parent loses goes with its children as well, on servers before PostgreSQL 18 or where they do not declare it:
/// those that keep it get it back, by themselves or along with one above them that does.
pub(super) fn keep_with_children(parent: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
    let mut steps = Vec::new();
    let found = children(&parent.id, sides);
    let comes_from_one = |after: &Object| found.iter().any(|(_, other)| after.needs.contains(&other.id));
    for (before, after) in &found {
        let (Some(old), Some(new)) = (of(before, sides.from)?, of(after, sides.to)?) else { continue };
        if !new.is_local && comes_from_one(after) {
            continue;
        }
        if is_lost_alone(&parent.id, sides) {
            steps.extend((old.name != new.name).then(|| rename_where_so_named(&after.id, &old.name, &new.name)));
            continue;
        }
        if begins_to_declare(after, &old, &new, sides)? {
            steps.push(add(&after.id, &new));
            continue;
        }
        let name = identifier(last_part(&after.id));
        steps.push(table::altering(&after.id, format!("ALTER COLUMN {name} SET NOT NULL")));
        steps.extend(rename_where_named(before, after, sides)?);
    }
    Ok(steps)
}

/// Whether a child's constraint that came from its parent goes with that, and becomes its own.
fn begins_to_declare(after: &Object, old: &Stated, new: &Stated, sides: &Sides<'_>) -> Result<bool, PlanError> {
    let is_own = !old.is_local && new.is_local && is_child_twice(&after.id, sides);
    Ok(is_own && parent_of(after, sides.to)?.is_none())
}

/// Whether what becomes of a child's constraint is told with what becomes of its parent's.
pub(super) fn is_told_above(
    before: &Object,
    after: &Object,
    (old, new): (&Stated, &Stated),
    sides: &Sides<'_>,
) -> Result<bool, PlanError> {
    Ok(makes_way(before, old, new, sides)? || begins_to_declare(after, old, new, sides)?)
}
