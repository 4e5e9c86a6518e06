//! From two snapshots to ordered steps.

use schema_sync_store::{DiffCalculator, ObjectId, SchemaDiff, SchemaSnapshot};

use super::decide::Decisions;
use super::graph::{Parting, StepGraph};
use super::{MigrationPlan, MigrationStep, PlanError, fold};
use crate::kind::{Compared, Dialect, DialectDiff, Sides, compared};

/// Plans how one snapshot becomes another. Deterministic, and without a database at hand.
pub trait Planner: Send + Sync {
    /// The plan from one snapshot to the other.
    ///
    /// # Errors
    /// See [`PlanError`]; nothing is planned in part.
    fn plan(
        &self,
        from: &SchemaSnapshot,
        to: &SchemaSnapshot,
        dialect: &'static dyn Dialect,
    ) -> Result<MigrationPlan, PlanError>;
}

/// The default planner: one topological sort over the needs of both sides.
#[derive(Debug, Clone, Copy, Default)]
pub struct DependencyPlanner;

impl Planner for DependencyPlanner {
    fn plan(
        &self,
        from: &SchemaSnapshot,
        to: &SchemaSnapshot,
        dialect: &'static dyn Dialect,
    ) -> Result<MigrationPlan, PlanError> {
        for snapshot in [from, to] {
            if snapshot.dialect() != dialect.name() {
                let (from, to) = (from.dialect().to_owned(), to.dialect().to_owned());
                return Err(PlanError::DialectMismatch { from, to });
            }
        }
        let (from_hash, to_hash) = (from.hash(), to.hash());
        let Compared { from, to, .. } = compared(from, to, dialect);
        let (from, to) = (&from, &to);
        let diff = DialectDiff(dialect).calculate(from, to);
        refuse_unmodelled(&diff, dialect)?;
        if !diff.incomparable.is_empty() {
            return Err(PlanError::Incomparable(diff.incomparable.iter().map(|change| change.id().clone()).collect()));
        }
        let sides = Sides { from, to };
        let decisions = Decisions::of(&diff, &sides, dialect)?;
        let order = |parting| StepGraph::build(&decisions, &sides, dialect, parting)?.into_order();
        let steps = match order(Parting::Together) {
            Err(PlanError::Cycle(stuck)) => order(Parting::LeavesFirst(&stuck))?,
            steps => steps?,
        };
        Ok(MigrationPlan {
            dialect: dialect.name().to_owned(),
            from: from_hash,
            to: to_hash,
            coverage: to.coverage().clone(),
            steps: fold::fold(
                steps.into_iter().map(|step| telling_objects(step, &sides)).filter(does_something).collect(),
            ),
        })
    }
}

/// Kinds may order their steps by names that are no objects; those are not told.
fn telling_objects(mut step: MigrationStep, sides: &Sides<'_>) -> MigrationStep {
    step.makes.retain(|id| sides.to.get(id).is_some());
    step
}

/// What goes with another object by itself needs no statement, wherever it is dropped.
fn does_something(step: &MigrationStep) -> bool {
    !step.statements.is_empty()
}

fn refuse_unmodelled(diff: &SchemaDiff, dialect: &'static dyn Dialect) -> Result<(), PlanError> {
    let changed = diff.changed.iter().map(|change| change.id());
    let all = diff.added.iter().chain(&diff.removed).map(|object| &object.id).chain(changed);
    let unmodelled: Vec<ObjectId> = all.filter(|id| dialect.kind(&id.kind).is_none()).cloned().collect();
    if unmodelled.is_empty() { Ok(()) } else { Err(PlanError::Unmodelled(unmodelled)) }
}
