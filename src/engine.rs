//! The engine: the only place where a database and the store meet. Captures tenants, and brings them to a snapshot.

pub mod audit;
pub mod blame;
mod bless;
pub mod bundle;
mod capture;
pub mod check;
pub mod collect;
pub mod connect;
pub mod copy;
mod error;
mod fleet_sync;
pub mod fleets;
pub mod history;
pub mod registry;
pub mod resolve;
pub mod revision;
mod suggest;
mod sync;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use schema_sync_store::{SchemaSnapshot, SnapshotHash, SnapshotStore};

use crate::adapter::{DatabaseAdapter, TenantContext};
use crate::execute::{Executor, LOCK_TIMEOUT_DEFAULT, LockedExecutor};
use crate::plan::{DependencyPlanner, MigrationPlan, PlanError, Planner, Policy};

pub use bless::Proposal;
pub use capture::Captured;
pub use error::EngineError;
pub use fleet_sync::{Cancellation, FleetOutcome, TenantOutcome};
pub use registry::Registry;
pub use sync::{SyncOutcome, SyncState};

/// The author of log entries where nobody else is named.
pub const AUTHOR_DEFAULT: &str = "schema-sync";

type PlanCache = Mutex<HashMap<(SnapshotHash, SnapshotHash), Result<Arc<MigrationPlan>, PlanError>>>;

/// One database and, where there is one, the store that keeps its tenants' histories.
pub struct Engine {
    adapter: Arc<dyn DatabaseAdapter>,
    registry: Option<Registry>,
    fleet: Option<String>,
    author: String,
    policy: Policy,
    planner: Arc<dyn Planner>,
    executor: Arc<dyn Executor>,
    lock_timeout: Duration,
    plans: PlanCache,
}

impl Engine {
    /// An engine without a store, which refuses what loses data, and runs one transaction a tenant.
    #[must_use]
    pub fn from_adapter(adapter: Arc<dyn DatabaseAdapter>) -> Self {
        Self {
            adapter,
            registry: None,
            fleet: None,
            author: AUTHOR_DEFAULT.to_owned(),
            policy: Policy::default(),
            planner: Arc::new(DependencyPlanner),
            executor: Arc::new(LockedExecutor::default()),
            lock_timeout: LOCK_TIMEOUT_DEFAULT,
            plans: PlanCache::default(),
        }
    }

    /// The same, keeping snapshots and histories in this store.
    #[must_use]
    pub fn with_store(mut self, store: Arc<dyn SnapshotStore>) -> Self {
        self.registry = Some(Registry::new(store, self.author.clone()));
        self
    }

    /// The same, signing log entries with this name.
    #[must_use]
    pub fn with_author(mut self, author: impl Into<String>) -> Self {
        self.author = author.into();
        self.registry = self.registry.map(|registry| registry.signed_by(self.author.clone()));
        self
    }

    /// The same, for a fleet: its tenants' full names are `FLEET/NAME`.
    #[must_use]
    pub fn with_fleet(mut self, fleet: impl Into<String>) -> Self {
        self.fleet = Some(fleet.into());
        self
    }

    /// The same, allowing what this policy allows.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// The same, planning otherwise.
    #[must_use]
    pub fn with_planner(mut self, planner: Arc<dyn Planner>) -> Self {
        self.planner = planner;
        self
    }

    /// The same, running plans otherwise.
    #[must_use]
    pub fn with_executor(mut self, executor: Arc<dyn Executor>) -> Self {
        self.executor = executor;
        self
    }

    /// The same, waiting so long for a tenant's lock.
    #[must_use]
    pub fn with_lock_timeout(mut self, lock_timeout: Duration) -> Self {
        self.lock_timeout = lock_timeout;
        self
    }

    /// The database.
    #[must_use]
    pub fn adapter(&self) -> &dyn DatabaseAdapter {
        self.adapter.as_ref()
    }

    /// The database, to share.
    #[must_use]
    pub fn adapter_handle(&self) -> Arc<dyn DatabaseAdapter> {
        Arc::clone(&self.adapter)
    }

    /// The registry, where there is a store.
    #[must_use]
    pub fn registry(&self) -> Option<&Registry> {
        self.registry.as_ref()
    }

    fn registry_or(&self, purpose: &'static str) -> Result<&Registry, EngineError> {
        self.registry.as_ref().ok_or(EngineError::NoStore { purpose })
    }

    /// All tenants of the database, with their full names, sorted.
    ///
    /// # Errors
    /// What the database answers.
    pub async fn list_tenants(&self) -> Result<Vec<TenantContext>, EngineError> {
        let mut tenants = self.adapter.inspector().list_tenants().await?;
        if let Some(fleet) = &self.fleet {
            for tenant in &mut tenants {
                tenant.name = format!("{fleet}/{}", tenant.name);
            }
        }
        Ok(tenants)
    }

    /// A tenant as it is now.
    ///
    /// # Errors
    /// What the database answers.
    pub async fn inspect(&self, tenant: &TenantContext) -> Result<SchemaSnapshot, EngineError> {
        Ok(self.adapter.inspector().inspect_schema(tenant).await?)
    }

    /// The plan from one snapshot to another; the same pair is planned once.
    ///
    /// # Errors
    /// Pairs for which there is no plan.
    pub fn plan(&self, from: &SchemaSnapshot, to: &SchemaSnapshot) -> Result<Arc<MigrationPlan>, PlanError> {
        let pair = (from.hash(), to.hash());
        let lock = || self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(planned) = lock().get(&pair) {
            return planned.clone();
        }
        let planned = self.planner.plan(from, to, self.adapter.dialect()).map(Arc::new);
        lock().insert(pair, planned.clone());
        planned
    }
}
