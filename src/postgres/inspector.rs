//! From live tenants to snapshots: one read-only transaction for some fifty tenants, all statements in one round trip.

use std::sync::Arc;

use async_trait::async_trait;
use schema_sync_store::SchemaSnapshot;

use super::look::inspect_here;
use super::session::{Session, Sessions, describe};
use super::tenants::{TenantPattern, list};
use crate::adapter::{AdapterError, Location, SchemaInspector, TenantContext};

/// Tenants that are read by one call of each statement.
const BATCH: usize = 50;
/// How often a tenant that keeps changing is read before it is given up.
const TRIES_MAX: u32 = 5;

/// Reads tenants of one server.
#[derive(Debug)]
pub(super) struct Inspector {
    pub(super) sessions: Arc<Sessions>,
    pub(super) pattern: TenantPattern,
}

impl Inspector {
    /// Reads tenants that are in one database, or are it.
    async fn read(&self, database: &str, tenants: &[TenantContext]) -> Vec<Result<SchemaSnapshot, AdapterError>> {
        let mut session = match self.sessions.take(database).await {
            Ok(session) => session,
            Err(error) => return all_failed(tenants, &error),
        };
        let snapshots = inspect_settled(&mut session, tenants).await;
        self.sessions.give_back(database, session);
        snapshots
    }
}

/// The same failure for each tenant.
fn all_failed(tenants: &[TenantContext], error: &AdapterError) -> Vec<Result<SchemaSnapshot, AdapterError>> {
    let again = |tenant: &TenantContext| match error {
        AdapterError::Connect { target, reason } => {
            Err(AdapterError::Connect { target: target.clone(), reason: reason.clone() })
        }
        other => Err(AdapterError::Inspection { tenant: tenant.name.clone(), reason: other.to_string() }),
    };
    tenants.iter().map(again).collect()
}

#[async_trait]
impl SchemaInspector for Inspector {
    async fn inspect_schema(&self, tenant: &TenantContext) -> Result<SchemaSnapshot, AdapterError> {
        let missing =
            || AdapterError::Inspection { tenant: tenant.name.clone(), reason: "nothing was read".to_owned() };
        self.inspect_schemas(std::slice::from_ref(tenant)).await.pop().unwrap_or_else(|| Err(missing()))
    }

    async fn inspect_schemas(&self, tenants: &[TenantContext]) -> Vec<Result<SchemaSnapshot, AdapterError>> {
        let mut snapshots = Vec::with_capacity(tenants.len());
        let are_schemas = |tenant: &TenantContext| matches!(tenant.location, Location::Schema(_));
        for chunk in tenants.chunk_by(|left, right| are_schemas(left) && are_schemas(right)) {
            for batch in chunk.chunks(BATCH) {
                let database = match &batch[0].location {
                    Location::Database(name) => name,
                    Location::Schema(_) | Location::File(_) => self.sessions.options().database(),
                };
                snapshots.extend(self.read(database, batch).await);
            }
        }
        snapshots
    }

    async fn schema_exists(&self, tenant: &TenantContext) -> Result<bool, AdapterError> {
        let (database, query, name) = match &tenant.location {
            Location::Schema(name) => {
                let query = "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)";
                (self.sessions.options().database().to_owned(), query, name)
            }
            Location::Database(name) => {
                let query = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)";
                (self.sessions.options().database().to_owned(), query, name)
            }
            Location::File(_) => return Ok(false),
        };
        let session = self.sessions.take(&database).await?;
        let row = session.client().query_one(query, &[name]).await.map_err(|error| failure(tenant, &error))?;
        let exists = row.try_get(0).map_err(|error| failure(tenant, &error));
        self.sessions.give_back(&database, session);
        exists
    }

    async fn list_tenants(&self) -> Result<Vec<TenantContext>, AdapterError> {
        list(&self.sessions, &self.pattern).await
    }
}

fn failure(tenant: &TenantContext, error: &tokio_postgres::Error) -> AdapterError {
    let lock = Some(&tokio_postgres::error::SqlState::LOCK_NOT_AVAILABLE);
    if error.code() == lock {
        let reason = "another session holds a lock on one of its tables for long: see pg_blocking_pids(); try again";
        return AdapterError::Inspection { tenant: tenant.name.clone(), reason: reason.to_owned() };
    }
    AdapterError::Inspection { tenant: tenant.name.clone(), reason: describe(error) }
}

/// Reads tenants in a transaction of its own, again where others changed something meanwhile.
///
/// Rows come from the transaction's snapshot, but what the server prints shows the newest state (`pg_get_expr` and its
/// like read through caches). So when any transaction ended meanwhile, everything is read again until it stays the same.
pub(super) async fn inspect_settled(
    session: &mut Session,
    tenants: &[TenantContext],
) -> Vec<Result<SchemaSnapshot, AdapterError>> {
    let mut last: Option<Vec<Result<SchemaSnapshot, AdapterError>>> = None;
    for _ in 0..TRIES_MAX {
        let (snapshots, is_settled) = match inspect_once(session, tenants).await {
            Ok(read) => read,
            Err(error) => return tenants.iter().map(|tenant| Err(failure(tenant, &error))).collect(),
        };
        let is_same = last.as_ref().is_some_and(|last| {
            // A tenant that fails says nothing of the others in its batch, which must still be seen twice alike.
            last.iter().zip(&snapshots).all(|pair| match pair {
                (Ok(left), Ok(right)) => left == right,
                (Err(_), Err(_)) => true,
                _ => false,
            })
        });
        if is_settled || is_same {
            return snapshots;
        }
        last = Some(snapshots);
    }
    let reason = format!("it changed during each of {TRIES_MAX} looks: let running migrations end and try again");
    let unsettled =
        |tenant: &TenantContext| Err(AdapterError::Inspection { tenant: tenant.name.clone(), reason: reason.clone() });
    tenants.iter().map(unsettled).collect()
}

const BEGIN: &str = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; \
     SET LOCAL lock_timeout = '10s'; SET LOCAL statement_timeout = 0";

/// Reads tenants once; also tells whether no transaction ended meanwhile.
async fn inspect_once(
    session: &mut Session,
    tenants: &[TenantContext],
) -> Result<(Vec<Result<SchemaSnapshot, AdapterError>>, bool), tokio_postgres::Error> {
    let prepared = session.prepared(0).await?;
    session.client().batch_execute(BEGIN).await?;
    let read = inspect_here(session, tenants).await;
    let client = session.client();
    let (before, committed) =
        futures_util::join!(client.query_one(&prepared.visible, &[]), client.batch_execute("COMMIT"));
    let (snapshots, before) = (read?, before?);
    committed?;
    let after = client.query_one(&prepared.visible, &[]).await?;
    Ok((snapshots, before.try_get::<_, String>(0)? == after.try_get::<_, String>(0)?))
}
