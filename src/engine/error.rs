//! What can go wrong where database and store meet.

use schema_sync_store::{SnapshotHash, StoreError};

use super::registry::RegistryError;
use crate::adapter::AdapterError;
use crate::execute::ExecuteError;
use crate::plan::{PlanError, Refusal};

/// Why the engine did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] AdapterError),
    /// The store failed, or does not have what was named.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// There is no store to do it with.
    #[error("{purpose} needs a store, and none is configured")]
    NoStore {
        /// What was to be done.
        purpose: &'static str,
    },
    /// There is no plan from what the tenant is to the target.
    #[error("tenant {tenant}: {error}")]
    Plan {
        /// The tenant's name.
        tenant: String,
        /// Why not.
        #[source]
        error: PlanError,
    },
    /// The policy does not allow the plan.
    #[error("tenant {tenant}: {refusal}")]
    Refused {
        /// The tenant's name.
        tenant: String,
        /// The hazards that are not allowed.
        #[source]
        refusal: Refusal,
    },
    /// Running the plan failed.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
    /// Running the plan failed, and so did writing that down.
    #[error("{error}\n  and this could not be recorded: {unrecorded}")]
    ExecuteUnrecorded {
        /// How running it failed.
        #[source]
        error: ExecuteError,
        /// Why the log does not say so.
        unrecorded: RegistryError,
    },
    /// The tenant was changed, and its log does not say so.
    #[error(
        "tenant {tenant}: the database is changed, from {} to {}, but its log is not: {error}\n  \
         nothing is lost: the next `capture` of the tenant puts its log right",
        .before.short(),
        .after.short()
    )]
    NotRecorded {
        /// The tenant's name.
        tenant: String,
        /// What it was.
        before: SnapshotHash,
        /// What it is.
        after: SnapshotHash,
        /// Why the log does not say so.
        #[source]
        error: RegistryError,
    },
}

impl From<StoreError> for EngineError {
    fn from(error: StoreError) -> Self {
        Self::Registry(error.into())
    }
}
