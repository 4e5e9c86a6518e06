//! Tables: made and dropped with all their parts.

use schema_sync_store::{Object, ObjectId};

use super::super::change::{TableChange, WRITE_LOCK};
use super::super::quote::identifier;
use super::super::table::{Table, own_name};
use super::{companions, displaced, relation_claim};
use crate::kind::{Change, Kind, Rule, Sides};
use crate::plan::{HazardKind, MigrationStep, PlanError};

pub(super) struct TableKind;

impl Kind for TableKind {
    fn name(&self) -> &'static str {
        "table"
    }

    fn rule(&self, change: &Change<'_>) -> Rule {
        if change.attribute == "columns" { Rule::Cosmetic } else { Rule::Alter }
    }

    fn create(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let Some(table) = Table::of(sides.to, &object.id)? else { return Ok(Vec::new()) };
        let step = MigrationStep::create(&object.id, table.create_statement(table.name));
        Ok(vec![step.locking(WRITE_LOCK).making(table.part_ids())])
    }

    fn alter(
        &self,
        object: &Object,
        _changes: &[Change<'_>],
        sides: &Sides<'_>,
    ) -> Result<Vec<MigrationStep>, PlanError> {
        let change = TableChange::of_part(&object.id, sides)?;
        Ok(change.map(|change| change.rebuild_step(sides)).into_iter().collect())
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let parts = Table::of(sides.from, &object.id)?.map(|table| table.part_ids()).unwrap_or_default();
        let step = MigrationStep::drop(&object.id, format!("DROP TABLE {}", identifier(own_name(&object.id))))
            .locking(WRITE_LOCK)
            .unmaking(parts)
            .unmaking(companions(&object.id, sides))
            .hazard(HazardKind::DataLoss, "every row of the table is lost");
        Ok(vec![step])
    }

    fn claims(&self, object: &Object) -> Vec<String> {
        relation_claim(own_name(&object.id))
    }

    fn displaces(&self, object: &Object, sides: &Sides<'_>) -> Vec<ObjectId> {
        displaced(object, sides)
    }
}
