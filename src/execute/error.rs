//! How running a plan can end otherwise, each way by its own name, each saying what state the tenant is in.

use schema_sync_store::{ObjectId, SnapshotHash};

use crate::adapter::AdapterError;
use crate::plan::FailedCheck;

/// Why a tenant is not what was promised. Only [`InDoubt`](Self::InDoubt) leaves open what the tenant is; after every
/// other error it is as before.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// Something failed before anything was changed: the lock, a look, the opening of the transaction.
    #[error("{0}; nothing was changed")]
    Untouched(#[source] AdapterError),
    /// The tenant is no longer what the plan was made for.
    #[error(
        "tenant {tenant} is {}, the plan was made for {}: it changed in between; nothing was changed, plan again",
        .found.short(),
        .expected.short()
    )]
    PlanIsStale {
        /// The tenant's name.
        tenant: String,
        /// What the plan starts from.
        expected: SnapshotHash,
        /// What the tenant is.
        found: SnapshotHash,
    },
    /// The tenant's rows do not allow the plan.
    #[error("tenant {tenant} does not pass the plan's checks; nothing was changed:{}", listed(.failed))]
    ChecksFailed {
        /// The tenant's name.
        tenant: String,
        /// Every check that failed.
        failed: Vec<FailedCheck>,
    },
    /// A statement or the COMMIT failed; the transaction was rolled back.
    #[error("{0}\n  the transaction was rolled back; the tenant is as before")]
    RolledBack(#[source] AdapterError),
    /// All statements ran, and the tenant still was not what was promised; the transaction was rolled back.
    #[error(
        "tenant {tenant}: after the plan's statements these still differ from the target: {}\n  \
         the transaction was rolled back; the tenant is as before",
        joined(.left)
    )]
    VerificationFailed {
        /// The tenant's name.
        tenant: String,
        /// What still differed.
        left: Vec<ObjectId>,
    },
    /// The connection was lost during COMMIT, and a second look showed that nothing had been committed.
    #[error("tenant {tenant}: the connection was lost during COMMIT ({reason}); looked again: nothing was changed")]
    Unapplied {
        /// The tenant's name.
        tenant: String,
        /// What was seen.
        reason: String,
    },
    /// The connection was lost during COMMIT, and what the tenant is now does not tell what became of it.
    #[error("tenant {tenant}: the connection was lost during COMMIT, and the outcome is in doubt: {reason}")]
    InDoubt {
        /// The tenant's name.
        tenant: String,
        /// What was seen.
        reason: String,
    },
}

impl ExecuteError {
    /// Whether another try, from the beginning, may succeed.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Untouched(error) | Self::RolledBack(error) => error.is_retryable(),
            Self::Unapplied { .. } => true,
            _ => false,
        }
    }
}

fn listed(failed: &[FailedCheck]) -> String {
    failed.iter().map(|check| format!("\n  {}: {}", check.object, check.message)).collect()
}

fn joined(objects: &[ObjectId]) -> String {
    objects.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
