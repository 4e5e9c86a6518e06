//! The lock of a tenant on SQLite: the write lock of its file, held by an open transaction. Knows nothing of plans.
//!
//! The lock and the transaction are one thing: `acquire_lock` opens it by BEGIN IMMEDIATE, and both COMMIT and ROLLBACK
//! give it back. `begin` opens no other; it only notes which foreign keys are broken before anything is changed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use rusqlite::Connection;
use schema_sync_store::SchemaSnapshot;

use super::connection::{self, Access, is_busy};
use super::inspect;
use super::violations::Violations;
use crate::adapter::{AdapterError, LockGuard, MigrationRunner, TenantContext};

/// The shortest and longest pause between two tries to take the lock, in milliseconds.
const POLL_MS: std::ops::RangeInclusive<u64> = 5..=40;

/// How long COMMIT waits for readers to leave a file that is not in WAL mode.
const COMMIT_TIMEOUT: Duration = Duration::from_secs(5);

/// Takes locks on tenants' files.
#[derive(Debug, Clone, Copy)]
pub(super) struct SqliteRunner;

#[async_trait]
impl MigrationRunner for SqliteRunner {
    async fn acquire_lock(
        &self,
        tenant: &TenantContext,
        timeout: Duration,
    ) -> Result<Box<dyn LockGuard>, AdapterError> {
        let context = tenant.clone();
        let opened = blocking(&tenant.name, move || prepared_connection(&context)).await?;
        let session = Arc::new(Mutex::new(Session { connection: opened, before: None }));
        let guard = SqliteLock { tenant: tenant.name.clone(), session };
        let begun = Instant::now();
        while !guard.run(|session, tenant| session.try_lock(tenant)).await? {
            if begun.elapsed() >= timeout {
                let waited_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
                let holder = "another connection that is writing to the file".to_owned();
                return Err(AdapterError::LockTimeout { tenant: tenant.name.clone(), holder, waited_ms });
            }
            tokio::time::sleep(Duration::from_millis(fastrand::u64(POLL_MS))).await;
        }
        Ok(Box::new(guard))
    }
}

/// A connection that enforces no foreign keys and renames tables without looking at what speaks of them.
///
/// Both are what a table's rebuild stands on: dropping the old table must not cascade, and views and triggers that
/// speak of it must neither be rewritten nor stop the rename. The first can be set only outside a transaction, and
/// SQLite says nothing when it was not, so that it is read back.
fn prepared_connection(tenant: &TenantContext) -> Result<Connection, AdapterError> {
    let connection = connection::open(tenant, Access::Write)?;
    let refuse = |statement: &str, reason: String| AdapterError::Statement {
        tenant: tenant.name.clone(),
        statement: statement.to_owned(),
        reason,
        retryable: false,
    };
    for (pragma, wanted) in [("foreign_keys", false), ("legacy_alter_table", true)] {
        let statement = format!("PRAGMA {pragma} = {wanted}");
        connection.execute_batch(&statement).map_err(|error| refuse(&statement, error.to_string()))?;
        let query = format!("PRAGMA {pragma}");
        let is = connection.query_row(&query, [], |row| row.get::<_, bool>(0));
        if is.map_err(|error| refuse(&query, error.to_string()))? != wanted {
            return Err(refuse(&statement, "the setting was not taken on".into()));
        }
    }
    connection.busy_timeout(Duration::ZERO).map_err(|error| refuse("busy timeout", error.to_string()))?;
    Ok(connection)
}

/// The connection, and what was broken before the first change.
struct Session {
    connection: Connection,
    before: Option<Violations>,
}

impl Session {
    fn try_lock(&mut self, tenant: &str) -> Result<bool, AdapterError> {
        match self.connection.execute_batch("BEGIN IMMEDIATE") {
            Ok(()) => {
                // Readers may hold COMMIT up for a moment.
                let waits = self.connection.busy_timeout(COMMIT_TIMEOUT);
                waits.map(|()| true).map_err(|error| failure(tenant, "busy timeout", &error))
            }
            Err(error) if is_busy(&error) => Ok(false),
            Err(error) => Err(failure(tenant, "BEGIN IMMEDIATE", &error)),
        }
    }

    fn read_violations(&self, tenant: &str) -> Result<Violations, AdapterError> {
        Violations::read(&self.connection).map_err(|error| failure(tenant, "PRAGMA foreign_key_check", &error))
    }

    /// Commits when no foreign key is broken that was not before; else nothing is committed and the transaction stays.
    fn commit(&mut self, tenant: &str) -> Result<(), AdapterError> {
        if let Some(before) = self.before.take() {
            let broken = self.read_violations(tenant)?.beyond(&before);
            if !broken.is_empty() {
                self.before = Some(before);
                return Err(AdapterError::Statement {
                    tenant: tenant.to_owned(),
                    statement: "PRAGMA foreign_key_check".into(),
                    reason: format!("rows would refer to nothing: {}", broken.join("; ")),
                    retryable: false,
                });
            }
        }
        self.connection.execute_batch("COMMIT").map_err(|error| failure(tenant, "COMMIT", &error))
    }

    fn rollback(&mut self, tenant: &str) -> Result<(), AdapterError> {
        self.before = None;
        if self.connection.is_autocommit() {
            return Ok(());
        }
        self.connection.execute_batch("ROLLBACK").map_err(|error| failure(tenant, "ROLLBACK", &error))
    }
}

fn failure(tenant: &str, statement: &str, error: &rusqlite::Error) -> AdapterError {
    AdapterError::Statement {
        tenant: tenant.to_owned(),
        statement: statement.to_owned(),
        reason: error.to_string(),
        retryable: is_busy(error),
    }
}

/// The guard. Its connection goes with the last use of it, and SQLite rolls back what a closed connection left open.
struct SqliteLock {
    tenant: String,
    session: Arc<Mutex<Session>>,
}

impl SqliteLock {
    /// Runs work on the connection without stalling the runtime.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Session, &str) -> Result<T, AdapterError> + Send + 'static,
    ) -> Result<T, AdapterError> {
        let (session, tenant) = (Arc::clone(&self.session), self.tenant.clone());
        blocking(&self.tenant, move || {
            let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut session, &tenant)
        })
        .await
    }
}

/// Runs blocking work on a thread of its own.
pub(super) async fn blocking<T: Send + 'static>(
    tenant: &str,
    work: impl FnOnce() -> Result<T, AdapterError> + Send + 'static,
) -> Result<T, AdapterError> {
    let outcome = tokio::task::spawn_blocking(work).await;
    outcome.unwrap_or_else(|error| {
        Err(AdapterError::Inspection { tenant: tenant.to_owned(), reason: format!("the work was cut short: {error}") })
    })
}

#[async_trait]
impl LockGuard for SqliteLock {
    async fn inspect(&mut self) -> Result<SchemaSnapshot, AdapterError> {
        self.run(|session, tenant| inspect::inspect(&mut session.connection).map_err(|error| error.of_tenant(tenant)))
            .await
    }

    async fn begin(&mut self) -> Result<(), AdapterError> {
        self.run(|session, tenant| {
            session.before = Some(session.read_violations(tenant)?);
            Ok(())
        })
        .await
    }

    async fn execute(&mut self, statements: &[&str]) -> Result<(), AdapterError> {
        let statements: Vec<String> = statements.iter().map(|statement| (*statement).to_owned()).collect();
        self.run(move |session, tenant| {
            for statement in &statements {
                session.connection.execute_batch(statement).map_err(|error| failure(tenant, statement, &error))?;
            }
            Ok(())
        })
        .await
    }

    async fn holds(&mut self, query: &str) -> Result<bool, AdapterError> {
        let query = query.to_owned();
        self.run(move |session, tenant| {
            let answer = session.connection.query_row(&query, [], |row| row.get(0));
            answer.map_err(|error| failure(tenant, &query, &error))
        })
        .await
    }

    async fn commit(&mut self) -> Result<(), AdapterError> {
        self.run(Session::commit).await
    }

    async fn rollback(&mut self) -> Result<(), AdapterError> {
        self.run(Session::rollback).await
    }

    async fn release(self: Box<Self>) -> Result<(), AdapterError> {
        self.run(Session::rollback).await
    }
}
