//! What waits for an object that it does not need itself, as something between them does.

use std::collections::HashSet;

use schema_sync_store::ObjectId;

use super::super::PlanError;
use super::super::decide::{Decisions, kind_of};
use super::{Doers, StepGraph};
use crate::kind::{Dialect, Disturbance, Sides};

impl StepGraph {
    /// What could not stay while an object changes is made or altered after it, also where only something between them
    /// needs the object: a view of a column whose type is made anew under it.
    pub(super) fn wait_behind_needs(
        &mut self,
        decisions: &Decisions<'_>,
        sides: &Sides<'_>,
        doers: &Doers,
        dialect: &'static dyn Dialect,
    ) -> Result<(), PlanError> {
        for (id, changes) in &decisions.altered {
            let kind = kind_of(dialect, id)?;
            let mut waiting: Vec<&ObjectId> = vec![id];
            let mut seen: HashSet<&ObjectId> = HashSet::new();
            while let Some(current) = waiting.pop() {
                for dependent in sides.to.all_dependents(current).filter(|it| seen.insert(&it.id)) {
                    match kind.disturbs(changes, dependent, sides) {
                        Disturbance::None => {}
                        Disturbance::Through => waiting.push(&dependent.id),
                        Disturbance::Recreate if current == *id => {}
                        Disturbance::Recreate => {
                            let alterers = doers.alterers.get(&dependent.id).into_iter().flatten();
                            for node in doers.makers.get(&dependent.id).into_iter().chain(alterers) {
                                self.wait_for_need(Some(&dependent.id), id, *node, sides, doers);
                            }
                        }
                    }
                }
            }
        }
        Ok(())
    }
}
