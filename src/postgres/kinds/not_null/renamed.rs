//! Names of not-null constraints that change where the column itself does not say so, with a table that joins or leaves
//! parents.

use schema_sync_store::{Object, ObjectId};

use super::super::super::quote::{dollar_quoted, identifier, literal, outer_name};
use super::super::{lineage, table};
use super::{ATTRIBUTE, children, of};
use crate::kind::Sides;
use crate::plan::{MigrationStep, PlanError};

/// What a parent gains must not leave children with names that the server would not let them change then.
pub(super) fn rename_children(parent: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
    let mut steps = Vec::new();
    for (before, after) in children(&parent.id, sides) {
        steps.extend(rename_where_named(before, after, sides)?);
    }
    Ok(steps)
}

/// Gives a constraint the name that it has on the `to` side where the column itself does not say so: when a table stops
/// being a child, or becomes one. Only PostgreSQL 18 and newer have such names.
pub(super) fn rename_where_named(
    before: &Object,
    after: &Object,
    sides: &Sides<'_>,
) -> Result<Option<MigrationStep>, PlanError> {
    let (Some(old), Some(new)) = (of(before, sides.from)?, of(after, sides.to)?) else { return Ok(None) };
    if old.name == new.name || before.attribute(ATTRIBUTE) != after.attribute(ATTRIBUTE) {
        return Ok(None);
    }
    let table = outer_name(&after.id);
    let body = format!(
        "BEGIN IF EXISTS (SELECT FROM pg_constraint WHERE conrelid = {}::regclass AND conname = {} AND contype = 'n') \
         THEN EXECUTE {}; END IF; END",
        literal(&table),
        literal(&old.name),
        literal(&format!(
            "ALTER TABLE {table} RENAME CONSTRAINT {} TO {}",
            identifier(&old.name),
            identifier(&new.name)
        )),
    );
    let step = MigrationStep::alter(&lineage::table_of(&after.id), format!("DO {}", dollar_quoted(&body)));
    Ok(Some(step.locking(table::access_exclusive(&table))))
}

/// The same for all columns of a table that joins or leaves a parent.
pub(in super::super) fn rename_with_table(
    table: &ObjectId,
    sides: &Sides<'_>,
) -> Result<Vec<MigrationStep>, PlanError> {
    let mut steps = Vec::new();
    for after in sides.to.parts("column", table) {
        if let Some(before) = sides.from.get(&after.id) {
            steps.extend(rename_where_named(before, after, sides)?);
        }
    }
    Ok(steps)
}
