//! Bringing one tenant to a snapshot: look, diff, plan, ask the policy, run, and write down what happened.

use std::borrow::Cow;
use std::sync::Arc;

use schema_sync_store::{
    DiffCalculator, Event, LogName, NewEntry, SchemaDiff, SchemaSnapshot, SnapshotHash, StoreError,
};
use serde_json::json;

use super::capture::Seen;
use super::registry::{APPEND_TRIES_MAX, BLESSED, RegistryError};
use super::revision::{Moment, Subject};
use super::{Engine, EngineError, Registry};
use crate::adapter::TenantContext;
use crate::execute::{ExecuteError, Execution, Task};
use crate::kind::DialectDiff;
use crate::plan::MigrationPlan;

/// What became of a tenant that was to be brought to a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyncState {
    /// It was what it should be.
    AlreadyInSync,
    /// The plan was made and not run.
    Planned,
    /// The plan was run, verified and committed.
    Applied {
        /// What the tenant is now; differs from the target at most cosmetically.
        after: SnapshotHash,
        /// How many tries it took.
        tries: u32,
    },
    /// Another process did the same in the meantime.
    SyncedByPeer {
        /// What the tenant is now; differs from the target at most cosmetically.
        after: SnapshotHash,
    },
}

/// How a tenant was brought to a snapshot, or would be.
#[derive(Debug, Clone)]
pub struct SyncOutcome {
    /// The tenant.
    pub tenant: TenantContext,
    /// What it was when it was first looked at.
    pub before: SnapshotHash,
    /// What it was to become.
    pub target: SnapshotHash,
    /// What differed.
    pub diff: SchemaDiff,
    /// What was to be done; none where nothing differed.
    pub plan: Option<Arc<MigrationPlan>>,
    /// What became of it.
    pub state: SyncState,
}

impl SyncOutcome {
    /// Whether there was nothing to do.
    #[must_use]
    pub fn already_in_sync(&self) -> bool {
        self.state == SyncState::AlreadyInSync
    }

    /// Whether the tenant was changed here.
    #[must_use]
    pub fn applied(&self) -> bool {
        matches!(self.state, SyncState::Applied { .. })
    }

    /// Whether another process did it in the meantime.
    #[must_use]
    pub fn synced_by_peer(&self) -> bool {
        matches!(self.state, SyncState::SyncedByPeer { .. })
    }
}

impl Engine {
    /// Brings a tenant to `target`, or to what the ref `blessed` names; with `execute` false only plans it.
    ///
    /// # Errors
    /// See [`EngineError`]. Unless it is `NotRecorded`, or says that the outcome is in doubt, the tenant is as before.
    pub async fn sync_tenant(
        &self,
        tenant: &TenantContext,
        target: Option<&SchemaSnapshot>,
        execute: bool,
    ) -> Result<SyncOutcome, EngineError> {
        let blessed;
        let target = match target {
            Some(target) => target,
            None => {
                let registry = self.registry_or("finding the blessed snapshot")?;
                let hash = registry.hash_of(&Subject::Ref(BLESSED.to_owned()), Moment::Back(0)).await?;
                blessed = registry.get(&hash).await?;
                &blessed
            }
        };
        let live = self.inspect(tenant).await?;
        self.sync_inspected(tenant, &live, target, execute).await
    }

    /// The same for a tenant that was inspected already.
    pub(super) async fn sync_inspected(
        &self,
        tenant: &TenantContext,
        live: &SchemaSnapshot,
        target: &SchemaSnapshot,
        execute: bool,
    ) -> Result<SyncOutcome, EngineError> {
        let diff = DialectDiff(self.adapter().dialect()).calculate(live, target);
        let mut outcome = SyncOutcome {
            tenant: tenant.clone(),
            before: live.hash(),
            target: target.hash(),
            diff,
            plan: None,
            state: SyncState::AlreadyInSync,
        };
        if outcome.diff.is_empty() {
            return Ok(outcome);
        }
        let refused = |error| EngineError::Plan { tenant: tenant.name.clone(), error };
        let plan = self.plan(live, target).map_err(refused)?;
        let plan = match self.adapter().migration_runner().bind(tenant, &plan) {
            Cow::Borrowed(_) => plan,
            Cow::Owned(bound) => Arc::new(bound),
        };
        outcome.plan = Some(Arc::clone(&plan));
        outcome.state = SyncState::Planned;
        if execute {
            let refused = |refusal| EngineError::Refused { tenant: tenant.name.clone(), refusal };
            self.policy.check(&plan).map_err(refused)?;
            outcome.state = self.run(tenant, live, &plan, target).await?;
        }
        Ok(outcome)
    }

    async fn run(
        &self,
        tenant: &TenantContext,
        live: &SchemaSnapshot,
        plan: &MigrationPlan,
        target: &SchemaSnapshot,
    ) -> Result<SyncState, EngineError> {
        // Kept before anything is changed: a store that cannot be written to is found out while nothing is lost.
        let seen = match &self.registry {
            Some(registry) => {
                registry.keep(&[live, target]).await?;
                Some(registry.see(tenant).await?)
            }
            None => None,
        };
        let task = Task { adapter: self.adapter(), tenant, plan, target, lock_timeout: self.lock_timeout };
        match self.executor.execute(task).await {
            Ok(Execution::Applied { after, tries }) => {
                if let Some(seen) = seen {
                    self.record_applied(seen, plan, &after, tries).await?;
                }
                Ok(SyncState::Applied { after: after.hash(), tries })
            }
            Ok(Execution::SyncedByPeer { after }) => Ok(SyncState::SyncedByPeer { after: after.hash() }),
            Err(error) => Err(match seen {
                Some(seen) => self.record_failed(seen, plan, error).await,
                None => error.into(),
            }),
        }
    }

    async fn record_applied(
        &self,
        seen: Seen<'_>,
        plan: &MigrationPlan,
        after: &SchemaSnapshot,
        tries: u32,
    ) -> Result<(), EngineError> {
        let registry = self.registry_or("recording")?;
        let details = json!({
            "before": plan.from, "after": after.hash(), "target": plan.to,
            "outcome": "applied", "tries": tries, "plan": summary(plan),
        });
        let entry = registry.entry(Event::SYNCED).snapshot(after.hash()).details(details);
        let tenant = seen.tenant.name.clone();
        let recorded = async {
            registry.keep(&[after]).await?;
            self.append(registry, seen, entry).await
        };
        let not_recorded = |error| EngineError::NotRecorded { tenant, before: plan.from, after: after.hash(), error };
        recorded.await.map_err(not_recorded)
    }

    /// Writes down a failure by which the tenant was touched; one that left it alone leaves its log alone, too.
    async fn record_failed(&self, seen: Seen<'_>, plan: &MigrationPlan, error: ExecuteError) -> EngineError {
        let (Some(registry), Some(outcome)) = (&self.registry, outcome_of(&error)) else { return error.into() };
        let details = json!({
            "before": plan.from, "target": plan.to,
            "outcome": outcome, "error": error.to_string(), "plan": summary(plan),
        });
        let entry = registry.entry(Event::SYNCED).details(details);
        let entry = if outcome == UNAPPLIED { entry.snapshot(plan.from) } else { entry };
        match self.append(registry, seen, entry).await {
            Ok(()) => error.into(),
            Err(unrecorded) => EngineError::ExecuteUnrecorded { error, unrecorded },
        }
    }

    /// Appends behind what the log ended with before the tenant was changed.
    ///
    /// Where somebody else wrote to it in the meantime, this comes late, and the tenant may have changed once more: it is
    /// looked at again, so that what is true stands last.
    async fn append(&self, registry: &Registry, seen: Seen<'_>, entry: NewEntry) -> Result<(), RegistryError> {
        let expected = seen.last.as_ref().map(|entry| entry.hash);
        match registry.store().append(&seen.log, expected.as_ref(), entry.clone()).await {
            Err(StoreError::Conflict { .. }) => {
                registry.append_last(&seen.log, entry).await?;
                // The entry itself is written; where this look fails, the next capture does the same.
                drop(self.capture_again(registry, seen.tenant, &seen.log).await);
                Ok(())
            }
            result => result.map(|_| ()).map_err(RegistryError::from),
        }
    }
}

const UNAPPLIED: &str = "unapplied";

/// How a failure stands in the log; none where the tenant was not touched.
fn outcome_of(error: &ExecuteError) -> Option<&'static str> {
    match error {
        ExecuteError::RolledBack(_) | ExecuteError::VerificationFailed { .. } | ExecuteError::Unapplied { .. } => {
            Some(UNAPPLIED)
        }
        ExecuteError::InDoubt { .. } => Some("in_doubt"),
        ExecuteError::Untouched(_) | ExecuteError::PlanIsStale { .. } | ExecuteError::ChecksFailed { .. } => None,
    }
}

/// A plan as the log keeps it: what was done to what, and the hazards that were allowed. The statements follow from
/// the two snapshots.
fn summary(plan: &MigrationPlan) -> serde_json::Value {
    let steps: Vec<_> = plan.steps.iter().map(|step| json!({ "action": step.action, "object": step.object })).collect();
    let hazards: Vec<_> = plan.hazards().collect();
    json!({ "steps": steps, "hazards": hazards })
}

impl Registry {
    /// A tenant's log as it ends now.
    async fn see<'a>(&self, tenant: &'a TenantContext) -> Result<Seen<'a>, StoreError> {
        let log = LogName::tenant(&tenant.name)?;
        let last = self.store().last_entry(&log).await?;
        Ok(Seen { tenant, log, last })
    }

    /// Appends behind whatever stands there.
    async fn append_last(&self, log: &LogName, entry: NewEntry) -> Result<(), StoreError> {
        let mut tries = 0;
        loop {
            let last = self.store().last_entry(log).await?;
            match self.store().append(log, last.as_ref().map(|entry| &entry.hash), entry.clone()).await {
                Err(StoreError::Conflict { .. }) if tries < APPEND_TRIES_MAX => tries += 1,
                result => return result.map(|_| ()),
            }
        }
    }
}
