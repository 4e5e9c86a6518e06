//! Constraints of all four kinds: SQLite changes none of them in place, so that their table is rebuilt. One that comes
//! with an added column is made by that column's step.

use schema_sync_store::{Object, ObjectId};

use super::super::change::TableChange;
use super::displaced;
use crate::kind::{Change, Kind, Rule, Sides};
use crate::plan::{MigrationStep, PlanError};

pub(super) struct ConstraintKind(pub(super) &'static str);

impl Kind for ConstraintKind {
    fn name(&self) -> &'static str {
        self.0
    }

    fn rule(&self, _change: &Change<'_>) -> Rule {
        Rule::Alter
    }

    fn create(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let change = TableChange::of_part(&object.id, sides)?.filter(|change| change.is_rebuild);
        Ok(change.map(|change| change.rebuild_step(sides).making([object.id.clone()])).into_iter().collect())
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
        let change = TableChange::of_part(&object.id, sides)?;
        Ok(change.map(|change| change.rebuild_step(sides).unmaking([object.id.clone()])).into_iter().collect())
    }

    fn displaces(&self, object: &Object, sides: &Sides<'_>) -> Vec<ObjectId> {
        displaced(object, sides)
    }
}
