//! Exclusion constraints, carried as the server prints them: they are replaced whole.

use schema_sync_store::Object;
use serde::{Deserialize, Serialize};

use super::super::catalog::{Reading, object};
use super::super::quote::{identifier, last_part, outer_name};
use super::constraint::ConstraintRow;
use super::table;
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{HazardKind, MigrationStep, PlanError};

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Attributes {
    definition: String,
}

pub(super) fn read(row: &ConstraintRow<'_>, reading: &mut Reading) -> Result<Object, String> {
    if let Some(index) = reading.indexes.remove(&row.index_oid) {
        index.mark_table(reading, &row.name);
    }
    object(row.id("exclusion"), &Attributes { definition: row.cells.get(21)? }, [])
}

pub(super) struct Exclusion;

impl Kind for Exclusion {
    fn name(&self) -> &'static str {
        "exclusion"
    }

    fn rule(&self, _: &Change<'_>) -> Rule {
        Rule::Replace
    }

    fn create(&self, object: &Object, _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let clause = format!("ADD CONSTRAINT {} {}", identifier(last_part(&object.id)), attributes.definition);
        let step = MigrationStep::create(&object.id, "").clause(table::head(&object.id), clause);
        let step = step.locking(table::access_exclusive(&outer_name(&object.id)));
        Ok(vec![step.hazard(HazardKind::TableScan, "every row is read while the index is built")])
    }

    fn alter(&self, _: &Object, _: &[Change<'_>], _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        Ok(Vec::new())
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        super::drop_constraint(object, sides)
    }

    fn claims(&self, object: &Object) -> Vec<String> {
        vec![super::index_name(&object.id), super::constraint_name(&object.id)]
    }
}
