//! Changing tenants: an advisory lock on the very connection that runs the statements, and one transaction.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use schema_sync_store::{SchemaSnapshot, SnapshotHash};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

use super::inspector::inspect_settled;
use super::keepsakes::{self, Keepsakes, Silence};
use super::look::inspect_here;
use super::newcomers::{self, Newcomers};
use super::quote::identifier;
use super::session::{Session, Sessions, describe, in_order};
use super::spoken;
use crate::adapter::{AdapterError, Location, LockGuard, MigrationRunner, TenantContext};
use crate::plan::{MigrationPlan, MigrationStep};
use crate::scope::Include;

/// Between two tries to take a lock, in milliseconds: at least, and at most.
const POLL_MS: (u64, u64) = (20, 80);
/// How long a statement waits for the lock of a table before the transaction is given up and tried again.
const TABLE_LOCK_TIMEOUT_MS: u64 = 5_000;

/// What errors call the statements that read owners and privileges.
const ACCESS: &str = "(owners and privileges)";

/// Changes tenants of one server.
#[derive(Debug)]
pub(super) struct Runner {
    pub(super) sessions: Arc<Sessions>,
}

/// The database and the schema that statements of a tenant are relative to.
fn place_of(tenant: &TenantContext, default_database: &str) -> (String, String) {
    match &tenant.location {
        Location::Database(name) => (name.clone(), "public".to_owned()),
        Location::Schema(name) => (default_database.to_owned(), name.clone()),
        Location::File(_) => (default_database.to_owned(), "public".to_owned()),
    }
}

/// The key of a tenant's advisory lock. Such locks are per database already, so that the schema makes the difference; a
/// tenant that is a database has a key of its own.
fn lock_key(tenant: &TenantContext) -> i64 {
    let text = match &tenant.location {
        Location::Schema(name) => format!("schema-sync schema {name}"),
        Location::Database(_) | Location::File(_) => "schema-sync database".to_owned(),
    };
    let hash = SnapshotHash::of(text.as_bytes());
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hash.as_bytes()[..8]);
    i64::from_be_bytes(bytes)
}

#[async_trait]
impl MigrationRunner for Runner {
    fn bind<'a>(&self, tenant: &TenantContext, plan: &'a MigrationPlan) -> Cow<'a, MigrationPlan> {
        let (_, schema) = place_of(tenant, self.sessions.options().database());
        spoken::bind(plan, &tenant.location.name(), &schema)
    }

    async fn acquire_lock(
        &self,
        tenant: &TenantContext,
        timeout: Duration,
    ) -> Result<Box<dyn LockGuard>, AdapterError> {
        let (database, schema) = place_of(tenant, self.sessions.options().database());
        let session = self.sessions.take(&database).await?;
        let lock = Lock {
            key: lock_key(tenant),
            schema,
            tenant: tenant.clone(),
            session,
            database,
            sessions: Arc::clone(&self.sessions),
            in_transaction: false,
        };
        let started = Instant::now();
        // Polled with no transaction open: waiting for the lock would hold a snapshot and could deadlock.
        while !lock.try_take().await? {
            if started.elapsed() >= timeout {
                let waited_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
                let holder = lock.holder().await;
                return Err(AdapterError::LockTimeout { tenant: tenant.name.clone(), holder, waited_ms });
            }
            tokio::time::sleep(Duration::from_millis(fastrand::u64(POLL_MS.0..POLL_MS.1))).await;
        }
        let path = format!("SET search_path TO {}", identifier(&lock.schema));
        lock.run(&path).await?;
        Ok(Box::new(lock))
    }
}

/// A tenant's lock. Dropping it closes its connection, by which the server rolls back and releases the lock.
struct Lock {
    key: i64,
    schema: String,
    tenant: TenantContext,
    session: Session,
    database: String,
    sessions: Arc<Sessions>,
    in_transaction: bool,
}

impl Lock {
    async fn try_take(&self) -> Result<bool, AdapterError> {
        let query = "SELECT pg_try_advisory_lock($1)";
        self.ask(query).await.map_err(|error| self.failed(query, &error))
    }

    /// Asks about the lock in one round trip, without preparing.
    async fn ask(&self, query: &str) -> Result<bool, tokio_postgres::Error> {
        let rows = self.session.client().query_typed(query, &[(&self.key, Type::INT8)]).await?;
        rows.first().map_or(Ok(false), |row| row.try_get(0))
    }

    /// Who holds the lock, as far as the role may see.
    async fn holder(&self) -> String {
        let query = "SELECT format('process %s (%s%s)', a.pid, coalesce(a.usename, 'another role'), \
             CASE WHEN a.application_name <> '' THEN ', ' || a.application_name ELSE '' END) \
             FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid \
             WHERE l.locktype = 'advisory' AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
             AND (l.classid::int8 << 32 | l.objid::int8) = $1 AND l.objsubid = 1";
        match self.session.client().query_opt(query, &[&self.key]).await {
            Ok(Some(row)) => row.try_get(0).unwrap_or_else(|_| "another session".to_owned()),
            Ok(None) | Err(_) => "another session".to_owned(),
        }
    }

    /// The tenant's schema, where the tenant is no more than that.
    fn only_schema(&self) -> Option<String> {
        match &self.tenant.location {
            Location::Schema(_) => Some(self.schema.clone()),
            Location::Database(_) | Location::File(_) => None,
        }
    }

    async fn execute_all(&mut self, statements: &[String]) -> Result<(), AdapterError> {
        self.execute(&statements.iter().map(String::as_str).collect::<Vec<_>>()).await
    }

    /// Runs a plan that grants: what it makes is brought to the built-in default before it is granted.
    async fn execute_granting(&mut self, plan: &MigrationPlan, schema: Option<&str>) -> Result<(), AdapterError> {
        let may_get_more = newcomers::may_get_more(self.session.client(), plan).await;
        if !may_get_more.map_err(|error| self.failed(ACCESS, &error))? {
            return self.execute(&plan.statements().collect::<Vec<_>>()).await;
        }
        let newcomers = Newcomers::read(self.session.client(), schema).await;
        let mut newcomers = newcomers.map_err(|error| self.failed(ACCESS, &error))?;
        let parts = plan.steps.chunk_by(|left, right| is_grant(left) || !is_grant(right));
        for part in parts {
            let statements = part.iter().flat_map(|step| &step.statements).map(String::as_str);
            self.execute(&statements.collect::<Vec<_>>()).await?;
            if !part.last().is_some_and(is_grant) {
                let stripping = newcomers.stripping(self.session.client(), schema).await;
                self.execute_all(&stripping.map_err(|error| self.failed(ACCESS, &error))?).await?;
            }
        }
        Ok(())
    }

    async fn run(&self, statement: &str) -> Result<(), AdapterError> {
        self.session.client().batch_execute(statement).await.map_err(|error| self.failed(statement, &error))
    }

    fn failed(&self, statement: &str, error: &tokio_postgres::Error) -> AdapterError {
        let may_succeed_later =
            [SqlState::LOCK_NOT_AVAILABLE, SqlState::T_R_DEADLOCK_DETECTED, SqlState::T_R_SERIALIZATION_FAILURE];
        AdapterError::Statement {
            tenant: self.tenant.name.clone(),
            statement: statement.to_owned(),
            reason: describe(error),
            retryable: error.code().is_some_and(|code| may_succeed_later.contains(code)),
        }
    }
}

fn is_grant(step: &MigrationStep) -> bool {
    step.object.kind == "grant"
}

/// Inspects within an open transaction and leaves its settings as they were: what is deferred to the end of the
/// transaction still runs with them.
async fn inspect_within(
    session: &mut Session,
    tenant: &[TenantContext],
) -> Result<Vec<Result<SchemaSnapshot, AdapterError>>, tokio_postgres::Error> {
    session.client().batch_execute("SAVEPOINT schema_sync_look").await?;
    let snapshots = inspect_here(session, tenant).await?;
    session.client().batch_execute("ROLLBACK TO SAVEPOINT schema_sync_look").await?;
    Ok(snapshots)
}

#[async_trait]
impl LockGuard for Lock {
    async fn inspect(&mut self) -> Result<SchemaSnapshot, AdapterError> {
        let tenant = std::slice::from_ref(&self.tenant);
        let mut snapshots = if self.in_transaction {
            match inspect_within(&mut self.session, tenant).await {
                Ok(snapshots) => snapshots,
                Err(error) => return Err(self.failed("(inspection)", &error)),
            }
        } else {
            inspect_settled(&mut self.session, tenant).await
        };
        let nothing =
            || AdapterError::Inspection { tenant: self.tenant.name.clone(), reason: "nothing was read".to_owned() };
        snapshots.pop().unwrap_or_else(|| Err(nothing()))
    }

    async fn begin(&mut self) -> Result<(), AdapterError> {
        self.in_transaction = true;
        // Bodies of functions are not looked into, as they may speak of what later steps make.
        let text = format!(
            "BEGIN; SET LOCAL search_path TO {}; SET LOCAL lock_timeout = {TABLE_LOCK_TIMEOUT_MS}; \
             SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; \
             SET LOCAL check_function_bodies = off; SET LOCAL client_min_messages = warning; SET LOCAL jit = off",
            identifier(&self.schema)
        );
        self.run(&text).await
    }

    async fn execute(&mut self, statements: &[&str]) -> Result<(), AdapterError> {
        let client = self.session.client();
        let mut requests = Vec::with_capacity(statements.len());
        for statement in statements {
            requests.push(client.batch_execute(statement));
        }
        let answers = in_order(requests).await;
        for (statement, answer) in statements.iter().zip(answers) {
            answer.map_err(|error| self.failed(statement, &error))?;
        }
        Ok(())
    }

    async fn execute_plan(&mut self, plan: &MigrationPlan) -> Result<(), AdapterError> {
        let is_silent_of = |include: Include| !plan.coverage.contains(include.name());
        let silence = Silence { owners: is_silent_of(Include::Owners), grants: is_silent_of(Include::Grants) };
        let schema = self.only_schema();
        let kept = if silence.is_any() && keepsakes::may_replace(plan) {
            let kept = Keepsakes::read(self.session.client(), schema.as_deref(), silence).await;
            Some(kept.map_err(|error| self.failed(ACCESS, &error))?)
        } else {
            None
        };
        if silence.grants {
            self.execute(&plan.statements().collect::<Vec<_>>()).await?;
        } else {
            self.execute_granting(plan, schema.as_deref()).await?;
        }
        let Some(kept) = kept else { return Ok(()) };
        let restoring = kept.restoring(self.session.client(), schema.as_deref()).await;
        self.execute_all(&restoring.map_err(|error| self.failed(ACCESS, &error))?).await
    }

    async fn holds(&mut self, query: &str) -> Result<bool, AdapterError> {
        let row = self.session.client().query_one(query, &[]).await;
        row.and_then(|row| row.try_get(0)).map_err(|error| self.failed(query, &error))
    }

    async fn commit(&mut self) -> Result<(), AdapterError> {
        match self.session.client().batch_execute("COMMIT").await {
            Ok(()) => {
                self.in_transaction = false;
                Ok(())
            }
            Err(error) if error.as_db_error().is_some() => Err(self.failed("COMMIT", &error)),
            Err(error) => Err(AdapterError::InDoubt { tenant: self.tenant.name.clone(), reason: describe(&error) }),
        }
    }

    async fn rollback(&mut self) -> Result<(), AdapterError> {
        self.run("ROLLBACK").await?;
        self.in_transaction = false;
        Ok(())
    }

    async fn release(self: Box<Self>) -> Result<(), AdapterError> {
        if self.in_transaction {
            // Closing the connection rolls back and releases.
            return Ok(());
        }
        let query = "SELECT pg_advisory_unlock($1)";
        let (released, reset) = futures_util::join!(self.ask(query), self.run("RESET search_path"));
        released.map_err(|error| self.failed(query, &error))?;
        reset?;
        let Self { session, database, sessions, .. } = *self;
        sessions.give_back(&database, session);
        Ok(())
    }
}
