//! Exclusion constraints, carried as the server prints them: they are replaced whole.

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};

use super::super::catalog::{Reading, class, is_default, object};
use super::super::printed;
use super::super::quote::{identifier, last_part, outer_name};
use super::constraint::ConstraintRow;
use super::index_mark::{self, Marks};
use super::{index, index_places, lineage, table};
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{HazardKind, MigrationStep, PlanError};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Attributes {
    definition: String,
    /// It is part of the same constraint of the partitioned table; see `needs`.
    #[serde(skip_serializing_if = "is_default")]
    attached: bool,
    /// Partitions have none yet that are part of it.
    #[serde(skip_serializing_if = "is_default")]
    invalid: bool,
    #[serde(flatten)]
    marks: Marks,
}

pub(super) fn read(row: &ConstraintRow<'_>, reading: &mut Reading) -> Result<Object, String> {
    let index = reading.indexes.remove(&row.index_oid);
    let index = index.ok_or_else(|| format!("exclusion constraint {} has no index", row.name))?;
    for number in index.columns {
        let column = (class::RELATION, index.relation_oid, i32::from(number));
        reading.later_need((class::CONSTRAINT, row.oid, 0), column);
    }
    if let Some(parent) = index.parent {
        reading.later_need((class::CONSTRAINT, row.oid, 0), (class::RELATION, parent, 0));
    }
    let (attached, invalid) = (index.parent.is_some(), index.invalid);
    let attributes =
        Attributes { definition: printed::expression(row.cells.get(21)?), attached, invalid, marks: index.marks };
    object(row.id("exclusion"), &attributes, [])
}

pub(super) struct Exclusion;

impl Kind for Exclusion {
    fn name(&self) -> &'static str {
        "exclusion"
    }

    fn rule(&self, change: &Change<'_>) -> Rule {
        if index_mark::is_mark(change.attribute) {
            return Rule::Alter;
        }
        index::rule_of_parts(change).unwrap_or(Rule::Replace)
    }

    fn rebinds(&self, changes: &[Change<'_>], _: &ObjectId) -> bool {
        changes.iter().any(|change| change.attribute == "attached")
    }

    fn create(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        if let Some(step) = index::adopt(object).filter(|_| attributes.attached) {
            return Ok(vec![step]);
        }
        let clause = format!("ADD CONSTRAINT {} {}", identifier(last_part(&object.id)), attributes.definition);
        let step = MigrationStep::create(&object.id, "").clause(table::head(&object.id), clause);
        let step = step.after(lineage::attachments(&object.id, sides));
        let step = step.locking(table::access_exclusive(&outer_name(&object.id)));
        let mut steps = vec![step.hazard(HazardKind::TableScan, "every row is read while the index is built")];
        steps.extend(index_mark::steps(&object.id, Marks::default(), attributes.marks, sides));
        Ok(steps)
    }

    fn alter(&self, object: &Object, _: &[Change<'_>], sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let before = sides.from.get(&object.id).map(attributes_of::<Attributes>).transpose()?;
        let after: Attributes = attributes_of(object)?;
        let before = before.unwrap_or_default();
        Ok(index_mark::steps(&object.id, before.marks, after.marks, sides))
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        super::drop_constraint(object, sides)
    }

    fn displaces(&self, object: &Object, sides: &Sides<'_>) -> Vec<ObjectId> {
        index_places::gone_with_whole(object, sides)
    }

    fn claims(&self, object: &Object) -> Vec<String> {
        vec![super::index_name(&object.id), super::constraint_name(&object.id)]
    }
}
