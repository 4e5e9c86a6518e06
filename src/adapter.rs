//! What a database must be able to do for schema-sync: the traits that an adapter implements, and the words that they
//! share. Knows no particular database.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use schema_sync_store::{SchemaSnapshot, SnapshotError};
use serde::{Deserialize, Serialize};

use crate::kind::Dialect;
use crate::plan::{FailedCheck, MigrationPlan};

/// Where a tenant's objects are, within the server or folder that its adapter is connected to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Location {
    /// A schema of the database that the URL names.
    Schema(String),
    /// A database of the server that the URL names, whole.
    Database(String),
    /// A database file.
    File(PathBuf),
}

impl Location {
    /// What the place itself is called: the schema, the database, or the file without its ending.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Schema(name) | Self::Database(name) => name.clone(),
            Self::File(path) => path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default(),
        }
    }
}

/// One place that holds the schema. Every call that touches a database takes one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TenantContext {
    /// The full name: `eu/tenant_a`; also the name of the tenant's log.
    pub name: String,
    /// Where its objects are.
    pub location: Location,
}

impl TenantContext {
    /// A tenant of this full name at this place.
    pub fn new(name: impl Into<String>, location: Location) -> Self {
        Self { name: name.into(), location }
    }
}

impl std::fmt::Display for TenantContext {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.name)
    }
}

/// The databases that adapters exist for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DatabaseType {
    /// PostgreSQL.
    Postgresql,
    /// SQLite.
    Sqlite,
    /// An adapter that a program brought along.
    Other,
}

/// What went wrong with a database. Never holds a password.
#[derive(Debug, thiserror::Error)]
pub enum AdapterError {
    /// The URL is not one that an adapter understands.
    #[error("`{url}` is not a usable database URL: {reason}")]
    Url {
        /// The URL, with its password left out.
        url: String,
        /// What is wrong with it, and what would be right.
        reason: String,
    },
    /// No connection came about.
    #[error("cannot connect to {target}: {reason}")]
    Connect {
        /// Host, port, database and role, without the password.
        target: String,
        /// What the server or the network said.
        reason: String,
    },
    /// The tenant is not there.
    #[error("tenant {tenant} does not exist: {reason}")]
    TenantMissing {
        /// The tenant's name.
        tenant: String,
        /// Where it was looked for.
        reason: String,
    },
    /// The role may not read everything, so that no snapshot can be whole.
    #[error("tenant {tenant} cannot be inspected as a whole, these are hidden from the role: {}", .objects.join(", "))]
    Hidden {
        /// The tenant's name.
        tenant: String,
        /// What the role may not read.
        objects: Vec<String>,
    },
    /// Another session held the tenant's lock until the timeout.
    #[error("tenant {tenant} is locked by {holder}; gave up after {waited_ms} ms")]
    LockTimeout {
        /// The tenant's name.
        tenant: String,
        /// Who holds it, as far as the database says.
        holder: String,
        /// How long was waited, in milliseconds.
        waited_ms: u64,
    },
    /// A statement failed.
    #[error("tenant {tenant}: {reason}\n  in: {statement}")]
    Statement {
        /// The tenant's name.
        tenant: String,
        /// The statement that failed.
        statement: String,
        /// What the database said.
        reason: String,
        /// Whether the same may succeed when tried again: a lock timeout, a deadlock, a serialisation failure.
        retryable: bool,
    },
    /// SQL given by a user does not load.
    #[error("{origin}, line {line}: {reason}\n  in: {statement}")]
    Load {
        /// The file that the SQL came from.
        origin: String,
        /// The line on which the statement begins, counted from 1.
        line: usize,
        /// The statement that failed, cut to a readable length.
        statement: String,
        /// What the database said.
        reason: String,
    },
    /// Reading the catalogue failed.
    #[error("tenant {tenant} cannot be inspected: {reason}")]
    Inspection {
        /// The tenant's name.
        tenant: String,
        /// What the database said.
        reason: String,
    },
    /// The database's outcome is not known: the connection was lost while committing.
    #[error("tenant {tenant}: the connection was lost during COMMIT, so the outcome is in doubt: {reason}; look again")]
    InDoubt {
        /// The tenant's name.
        tenant: String,
        /// What was seen.
        reason: String,
    },
    /// What inspection found is no snapshot.
    #[error("tenant {tenant}: {error}")]
    Snapshot {
        /// The tenant's name.
        tenant: String,
        /// What is wrong with it.
        #[source]
        error: SnapshotError,
    },
}

impl AdapterError {
    /// Whether the same call may succeed when tried again.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Statement { retryable: true, .. })
    }
}

/// A database that holds tenants: one connection URL.
#[async_trait]
pub trait DatabaseAdapter: Send + Sync {
    /// Which database this is.
    fn database_type(&self) -> DatabaseType;

    /// The kinds of objects of this database, and how each is made, altered and dropped.
    fn dialect(&self) -> &'static dyn Dialect;

    /// Reads tenants.
    fn inspector(&self) -> Arc<dyn SchemaInspector>;

    /// Changes tenants.
    fn migration_runner(&self) -> Arc<dyn MigrationRunner>;

    /// Connects and says what is there, as in `PostgreSQL 15.20`.
    async fn test_connection(&self) -> Result<String, AdapterError>;

    /// Loads SQL text into a scratch database, inspects that and removes it. `origin` is what errors call the text.
    async fn inspect_sql(&self, sql: &str, origin: &str) -> Result<SchemaSnapshot, AdapterError>;
}

/// Reads tenants' live schemas. Never changes anything.
#[async_trait]
pub trait SchemaInspector: Send + Sync {
    /// The tenant as it is now, whole.
    async fn inspect_schema(&self, tenant: &TenantContext) -> Result<SchemaSnapshot, AdapterError>;

    /// Many tenants, in the order given; a database overrides this where one call can read several.
    async fn inspect_schemas(&self, tenants: &[TenantContext]) -> Vec<Result<SchemaSnapshot, AdapterError>> {
        let mut snapshots = Vec::with_capacity(tenants.len());
        for tenant in tenants {
            snapshots.push(self.inspect_schema(tenant).await);
        }
        snapshots
    }

    /// Whether the tenant is there.
    async fn schema_exists(&self, tenant: &TenantContext) -> Result<bool, AdapterError>;

    /// All tenants that the adapter's pattern finds, sorted by name.
    async fn list_tenants(&self) -> Result<Vec<TenantContext>, AdapterError>;
}

/// Changes tenants, one at a time, each under its lock.
#[async_trait]
pub trait MigrationRunner: Send + Sync {
    /// Takes the tenant's lock on a connection of its own, or gives up after `timeout`.
    async fn acquire_lock(&self, tenant: &TenantContext, timeout: Duration)
    -> Result<Box<dyn LockGuard>, AdapterError>;

    /// Asks the plan's checks of the live tenant and returns those that fail. Changes nothing.
    async fn validate_migration(
        &self,
        _tenant: &TenantContext,
        lock: &mut dyn LockGuard,
        plan: &MigrationPlan,
    ) -> Result<Vec<FailedCheck>, AdapterError> {
        let mut failed = Vec::new();
        for step in &plan.steps {
            for check in &step.checks {
                if lock.holds(&check.violated_when).await? {
                    failed.push(FailedCheck { object: step.object.clone(), message: check.message.clone() });
                }
            }
        }
        Ok(failed)
    }

    /// The plan with the tenant's own name where it speaks of it.
    fn bind<'a>(&self, _tenant: &TenantContext, plan: &'a MigrationPlan) -> Cow<'a, MigrationPlan> {
        Cow::Borrowed(plan)
    }

    /// Runs the plan's statements on the lock's connection, within the transaction that is open there.
    async fn execute_migration(
        &self,
        _tenant: &TenantContext,
        lock: &mut dyn LockGuard,
        plan: &MigrationPlan,
    ) -> Result<(), AdapterError> {
        lock.execute_plan(plan).await
    }
}

/// A tenant's lock and the connection that holds it: whoever has this may change the tenant, and does so here.
///
/// Dropping it rolls back and releases the lock; [`release`](Self::release) does so in view of errors.
#[async_trait]
pub trait LockGuard: Send {
    /// Inspects the tenant on this connection, seeing what an open transaction has done so far.
    async fn inspect(&mut self) -> Result<SchemaSnapshot, AdapterError>;

    /// Opens a transaction.
    async fn begin(&mut self) -> Result<(), AdapterError>;

    /// Runs statements in order; the first failure ends it and names its statement.
    async fn execute(&mut self, statements: &[&str]) -> Result<(), AdapterError>;

    /// Runs a plan's statements in order, and keeps what the plan does not speak of as it is.
    async fn execute_plan(&mut self, plan: &MigrationPlan) -> Result<(), AdapterError> {
        self.execute(&plan.statements().collect::<Vec<_>>()).await
    }

    /// Runs a query that answers one boolean.
    async fn holds(&mut self, query: &str) -> Result<bool, AdapterError>;

    /// Checks what the database checks last (foreign keys on SQLite) and commits.
    async fn commit(&mut self) -> Result<(), AdapterError>;

    /// Undoes all since [`begin`](Self::begin).
    async fn rollback(&mut self) -> Result<(), AdapterError>;

    /// Gives the lock back.
    async fn release(self: Box<Self>) -> Result<(), AdapterError>;
}
