//! Runs a plan on one tenant: lock, look, check, run, look again, commit. Makes no choices of its own: what to do is in
//! the plan, whether it may be done was decided before. Knows no particular database and no store.

mod error;
mod retry;
#[cfg(test)]
mod tests;

use std::time::Duration;

use async_trait::async_trait;
use schema_sync_store::{DiffCalculator, ObjectChange, ObjectId, SchemaDiff, SchemaSnapshot, SnapshotHash};

use crate::adapter::{AdapterError, DatabaseAdapter, LockGuard, MigrationRunner, TenantContext};
use crate::kind::DialectDiff;
use crate::plan::MigrationPlan;

pub use error::ExecuteError;
pub use retry::Retries;

/// How long a tenant's lock is waited for where nothing else is said.
pub const LOCK_TIMEOUT_DEFAULT: Duration = Duration::from_secs(10);

/// A plan for one tenant, and the snapshot that it promises.
#[derive(Clone, Copy)]
pub struct Task<'a> {
    /// The database that holds the tenant.
    pub adapter: &'a dyn DatabaseAdapter,
    /// The tenant to change.
    pub tenant: &'a TenantContext,
    /// What to do.
    pub plan: &'a MigrationPlan,
    /// What the tenant must be afterwards.
    pub target: &'a SchemaSnapshot,
    /// How long the tenant's lock is waited for, each try.
    pub lock_timeout: Duration,
}

/// How a tenant came to be what was promised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Execution {
    /// The plan was run, verified and committed.
    Applied {
        /// What the tenant is now. Differs from the target at most cosmetically.
        after: SchemaSnapshot,
        /// How many tries it took; 1 where nothing had to be tried again.
        tries: u32,
    },
    /// Another process had done it while the lock was waited for; nothing was changed here.
    SyncedByPeer {
        /// What the tenant is now. Differs from the target at most cosmetically.
        after: SchemaSnapshot,
    },
}

/// Runs plans. After an error the tenant is as it was before, unless the error says otherwise.
#[async_trait]
pub trait Executor: Send + Sync {
    /// Brings one tenant from the plan's `from` to the target.
    ///
    /// # Errors
    /// See [`ExecuteError`]. A caller that drops the future leaves the tenant as before: the lock's guard rolls back.
    async fn execute(&self, task: Task<'_>) -> Result<Execution, ExecuteError>;
}

/// The default executor: one lock and one transaction a tenant, verified before it commits.
#[derive(Debug, Clone, Copy, Default)]
pub struct LockedExecutor {
    /// How often and how patiently what may be tried again is tried again.
    pub retries: Retries,
}

#[async_trait]
impl Executor for LockedExecutor {
    async fn execute(&self, task: Task<'_>) -> Result<Execution, ExecuteError> {
        let mut tries = 1;
        loop {
            match self.try_once(task).await {
                Ok(Execution::Applied { after, .. }) => return Ok(Execution::Applied { after, tries }),
                Err(error) if error.is_retryable() && tries < self.retries.tries_max => {
                    tokio::time::sleep(self.retries.pause_after(tries)).await;
                    tries += 1;
                }
                other => return other,
            }
        }
    }
}

impl LockedExecutor {
    /// One try, from taking the lock to giving it back.
    async fn try_once(&self, task: Task<'_>) -> Result<Execution, ExecuteError> {
        let runner = task.adapter.migration_runner();
        let mut lock = runner.acquire_lock(task.tenant, task.lock_timeout).await.map_err(ExecuteError::Untouched)?;
        let outcome = change(task, runner.as_ref(), lock.as_mut()).await;
        if let Err(ExecuteError::InDoubt { reason, .. }) = outcome {
            drop(lock);
            return self.look_again(task, runner.as_ref(), reason).await;
        }
        // What was committed or rolled back stays so, and the lock ends with its connection at the latest: a failure to
        // give it back changes nothing about the outcome.
        drop(lock.release().await);
        outcome
    }

    /// After a COMMIT without an answer: what the tenant is now tells what became of it.
    async fn look_again(
        &self,
        task: Task<'_>,
        runner: &dyn MigrationRunner,
        reason: String,
    ) -> Result<Execution, ExecuteError> {
        let mut tries = 1;
        let live = loop {
            match look(task, runner).await {
                Ok(live) => break live,
                Err(_) if tries < self.retries.tries_max => {
                    tokio::time::sleep(self.retries.pause_after(tries)).await;
                    tries += 1;
                }
                Err(error) => {
                    let reason = format!("{reason}; looking again failed: {error}");
                    return Err(ExecuteError::InDoubt { tenant: task.tenant.name.clone(), reason });
                }
            }
        };
        if difference(task, &live).is_empty() {
            Ok(Execution::Applied { after: live, tries: 1 })
        } else if live.hash() == task.plan.from {
            Err(ExecuteError::Unapplied { tenant: task.tenant.name.clone(), reason })
        } else {
            let reason = format!(
                "{reason}; it is now {}, which is neither what it was nor the target: another process changed it",
                live.hash().short()
            );
            Err(ExecuteError::InDoubt { tenant: task.tenant.name.clone(), reason })
        }
    }
}

/// Takes the lock anew, only to look.
async fn look(task: Task<'_>, runner: &dyn MigrationRunner) -> Result<SchemaSnapshot, AdapterError> {
    let mut lock = runner.acquire_lock(task.tenant, task.lock_timeout).await?;
    let live = lock.inspect().await;
    drop(lock.release().await);
    live
}

/// What happens under the lock.
async fn change(
    task: Task<'_>,
    runner: &dyn MigrationRunner,
    lock: &mut dyn LockGuard,
) -> Result<Execution, ExecuteError> {
    let live = lock.inspect().await.map_err(ExecuteError::Untouched)?;
    if difference(task, &live).is_empty() {
        return Ok(Execution::SyncedByPeer { after: live });
    }
    refuse_stale(task, live.hash())?;
    let failed = runner.validate_migration(task.tenant, lock, task.plan).await.map_err(ExecuteError::Untouched)?;
    if !failed.is_empty() {
        return Err(ExecuteError::ChecksFailed { tenant: task.tenant.name.clone(), failed });
    }
    lock.begin().await.map_err(ExecuteError::Untouched)?;
    let ended = match run_and_verify(task, runner, lock).await {
        Ok(after) => commit(task, lock).await.map(|()| Execution::Applied { after, tries: 1 }),
        Err(error) => Err(error),
    };
    if matches!(ended, Err(ref error) if !matches!(error, ExecuteError::InDoubt { .. })) {
        // Where even this fails the connection is gone, and the database rolls back by itself.
        drop(lock.rollback().await);
    }
    ended
}

fn refuse_stale(task: Task<'_>, found: SnapshotHash) -> Result<(), ExecuteError> {
    if found == task.plan.from {
        return Ok(());
    }
    Err(ExecuteError::PlanIsStale { tenant: task.tenant.name.clone(), expected: task.plan.from, found })
}

async fn run_and_verify(
    task: Task<'_>,
    runner: &dyn MigrationRunner,
    lock: &mut dyn LockGuard,
) -> Result<SchemaSnapshot, ExecuteError> {
    runner.execute_migration(task.tenant, lock, task.plan).await.map_err(ExecuteError::RolledBack)?;
    let after = lock.inspect().await.map_err(ExecuteError::RolledBack)?;
    let left = difference(task, &after);
    if left.is_empty() {
        return Ok(after);
    }
    let left = left_over(&left);
    Err(ExecuteError::VerificationFailed { tenant: task.tenant.name.clone(), left })
}

async fn commit(task: Task<'_>, lock: &mut dyn LockGuard) -> Result<(), ExecuteError> {
    lock.commit().await.map_err(|error| match error {
        AdapterError::InDoubt { reason, .. } => ExecuteError::InDoubt { tenant: task.tenant.name.clone(), reason },
        error => ExecuteError::RolledBack(error),
    })
}

/// What still parts a snapshot from the target.
fn difference(task: Task<'_>, live: &SchemaSnapshot) -> SchemaDiff {
    DialectDiff(task.adapter.dialect()).calculate(live, task.target)
}

fn left_over(diff: &SchemaDiff) -> Vec<ObjectId> {
    let whole = diff.added.iter().chain(&diff.removed).map(|object| &object.id);
    whole.chain(diff.changed.iter().chain(&diff.incomparable).map(ObjectChange::id)).cloned().collect()
}
