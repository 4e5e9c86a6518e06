//! Columns: added and dropped in place where SQLite allows it, else by the rebuild of their table.

use schema_sync_store::{Object, ObjectId};

use super::super::change::TableChange;
use super::displaced;
use crate::kind::{Change, Kind, Rule, Sides};
use crate::plan::{MigrationStep, PlanError};

pub(super) struct ColumnKind;

impl Kind for ColumnKind {
    fn name(&self) -> &'static str {
        "column"
    }

    fn rule(&self, _change: &Change<'_>) -> Rule {
        Rule::Alter
    }

    fn create(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let Some(change) = TableChange::of_part(&object.id, sides)? else { return Ok(Vec::new()) };
        let in_place = if change.is_rebuild { None } else { change.add_column_step(object, sides) };
        Ok(vec![in_place.unwrap_or_else(|| change.rebuild_step(sides).making([object.id.clone()]))])
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
        let Some(change) = TableChange::of_part(&object.id, sides)? else { return Ok(Vec::new()) };
        let in_place = if change.is_rebuild { None } else { change.drop_column_step(object) };
        Ok(vec![in_place.unwrap_or_else(|| change.rebuild_step(sides).unmaking([object.id.clone()]))])
    }

    fn displaces(&self, object: &Object, sides: &Sides<'_>) -> Vec<ObjectId> {
        displaced(object, sides)
    }
}
