//! From live tenants to snapshots: one read-only transaction for some fifty tenants, all statements in one round trip.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use schema_sync_store::SchemaSnapshot;
use smol_str::SmolStr;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Statement};

use super::catalog::{Address, Cells, Named, Namespace, Reading, Shared};
use super::database;
use super::kinds::{self, SOURCES};
use super::session::{Prepared, Session, Sessions, describe, in_order};
use super::tenants::{TenantPattern, list};
use crate::adapter::{AdapterError, Location, SchemaInspector, TenantContext};

/// Tenants that are read by one call of each statement.
const BATCH: usize = 50;
/// How often a tenant that keeps changing is read before it is given up.
const TRIES_MAX: u32 = 5;

/// One tenant to be read: the schemas that it is made of.
struct Subject {
    tenant: TenantContext,
    /// The name of its own schema.
    own: SmolStr,
    /// All its namespaces; the schema's name is told for those that are not its own.
    namespaces: Vec<(u32, Option<SmolStr>)>,
}

/// Reads tenants of one server.
#[derive(Debug)]
pub(super) struct Inspector {
    pub(super) sessions: Arc<Sessions>,
    pub(super) pattern: TenantPattern,
}

impl Inspector {
    /// Reads schemas of one database.
    async fn schemas(&self, tenants: &[TenantContext]) -> Vec<Result<SchemaSnapshot, AdapterError>> {
        let database = self.sessions.options().database().to_owned();
        let mut session = match self.sessions.take(&database).await {
            Ok(session) => session,
            Err(error) => return all_failed(tenants, &error),
        };
        let snapshots = inspect_settled(&mut session, tenants).await;
        self.sessions.give_back(&database, session);
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
                match &batch[0].location {
                    Location::Database(name) => {
                        let result = match self.sessions.take(name).await {
                            Ok(mut session) => {
                                let result = inspect_settled(&mut session, batch).await;
                                self.sessions.give_back(name, session);
                                result
                            }
                            Err(error) => all_failed(batch, &error),
                        };
                        snapshots.extend(result);
                    }
                    Location::Schema(_) | Location::File(_) => snapshots.extend(self.schemas(batch).await),
                }
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
            last.iter().zip(&snapshots).all(|pair| matches!(pair, (Ok(left), Ok(right)) if left == right))
        });
        if is_settled || is_same || snapshots.iter().any(Result::is_err) {
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
/// Plans that start from the namespace and go on by index, made once a connection: the statistics of a catalogue that
/// is full of equal tenants lead to others.
const READ_BY_INDEX: &str = "SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL jit = off; \
     SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; \
     SET LOCAL search_path = pg_catalog";
/// Each statement leaves the path of its last tenant behind; with another path than the one that it was prepared with,
/// the next would be analysed and planned anew.
const RESET_PATH: &str = "SET LOCAL search_path = pg_catalog";

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

/// Reads tenants within the transaction that is open.
pub(super) async fn inspect_here(
    session: &mut Session,
    tenants: &[TenantContext],
) -> Result<Vec<Result<SchemaSnapshot, AdapterError>>, tokio_postgres::Error> {
    session.client().batch_execute(READ_BY_INDEX).await?;
    let prepared = session.prepared(tenants.len()).await?;
    let (subjects, mut results) = find_subjects(session.client(), &prepared, tenants).await?;
    let oids: Vec<u32> = subjects.iter().flat_map(|subject| subject.namespaces.iter().map(|(oid, _)| *oid)).collect();
    // A database is read relative to `public`, wherever its objects are; a schema relative to itself.
    let path: Option<&str> = match tenants.first().map(|tenant| &tenant.location) {
        Some(Location::Database(_)) => Some("public"),
        _ => None,
    };
    let client = session.client();
    let shared = read_shared(client, &prepared);
    let parameters: [&(dyn ToSql + Sync); 2] = [&oids, &path];
    let mut requests = Vec::with_capacity(prepared.sources.len());
    for statement in &prepared.sources {
        requests.push(read_source(client, statement, &parameters));
    }
    let queries = in_order(requests);
    let (shared, rows) = futures_util::join!(shared, queries);
    let shared = Arc::new(shared?);
    let rows: Vec<Vec<Row>> = rows.into_iter().collect::<Result<_, _>>()?;

    let mut places: HashMap<u32, (usize, Namespace)> = HashMap::new();
    for (place, subject) in subjects.iter().enumerate() {
        for (oid, schema) in &subject.namespaces {
            places.insert(*oid, (place, Namespace { schema: schema.clone() }));
        }
    }
    let mut readings: Vec<Result<Reading, String>> =
        subjects.iter().map(|subject| Ok(Reading::new(subject.own.clone(), Arc::clone(&shared)))).collect();
    for (source, rows) in SOURCES.iter().zip(&rows) {
        for row in rows {
            let namespace: u32 = row.try_get(0)?;
            let Some((place, namespace)) = places.get(&namespace) else { continue };
            let reading = &mut readings[*place];
            if let Ok(state) = reading
                && let Err(reason) = (source.read)(&Cells(row), namespace, state)
            {
                *reading = Err(format!("{}: {reason}", source.name));
            }
        }
        for reading in &mut readings {
            if let Ok(state) = reading
                && let Err(reason) = kinds::after(source.name, state)
            {
                *reading = Err(format!("{}: {reason}", source.name));
            }
        }
    }
    for (subject, reading) in subjects.into_iter().zip(readings) {
        let is_database = matches!(subject.tenant.location, Location::Database(_));
        let beyond =
            if is_database { database::read(client, &shared, &subject.namespaces).await? } else { Ok(Vec::new()) };
        let uses = if is_database { database::uses_of_extensions(client).await? } else { Vec::new() };
        let result = reading
            .and_then(|reading| finish(reading, beyond, uses))
            .map_err(|reason| AdapterError::Inspection { tenant: subject.tenant.name.clone(), reason });
        let result = result.and_then(|objects| {
            SchemaSnapshot::new("postgresql", BTreeSet::new(), objects)
                .map_err(|error| AdapterError::Snapshot { tenant: subject.tenant.name.clone(), error })
        });
        results.insert(subject.tenant, result);
    }
    let nothing = |tenant: &TenantContext| AdapterError::Inspection {
        tenant: tenant.name.clone(),
        reason: "it was asked for twice in one call".to_owned(),
    };
    Ok(tenants.iter().map(|tenant| results.remove(tenant).unwrap_or_else(|| Err(nothing(tenant)))).collect())
}

fn finish(
    mut reading: Reading,
    beyond: Result<Vec<schema_sync_store::Object>, String>,
    uses_of_extensions: Vec<(Address, schema_sync_store::ObjectId)>,
) -> Result<Vec<schema_sync_store::Object>, String> {
    reading.resolve_needs();
    for (dependent, extension) in uses_of_extensions {
        reading.need_id(dependent, extension);
    }
    let mut objects = reading.into_objects();
    objects.extend(beyond?);
    database::need_schemas(&mut objects);
    Ok(objects)
}

/// Sends a source's statement and, behind it, what sets the path back.
async fn read_source(
    client: &Client,
    statement: &Statement,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Row>, tokio_postgres::Error> {
    let (rows, reset) = futures_util::join!(client.query(statement, parameters), client.batch_execute(RESET_PATH));
    reset?;
    rows
}

async fn read_shared(client: &Client, prepared: &Prepared) -> Result<Shared, tokio_postgres::Error> {
    let (members, classes) =
        futures_util::join!(client.query(&prepared.members, &[]), client.query(&prepared.operator_classes, &[&true]));
    let mut shared = Shared::default();
    for row in members? {
        shared.members.insert((row.try_get(0)?, row.try_get(1)?), row.try_get(2)?);
    }
    for row in prepared.own_classes.iter().chain(&classes?) {
        let named = Named {
            schema: SmolStr::new(row.try_get::<_, &str>(1)?),
            name: SmolStr::new(row.try_get::<_, &str>(2)?),
            input_type: row.try_get(3)?,
            is_default: row.try_get(4)?,
        };
        shared.operator_classes.insert(row.try_get(0)?, named);
    }
    Ok(shared)
}

type Found = (Vec<Subject>, HashMap<TenantContext, Result<SchemaSnapshot, AdapterError>>);

/// The namespaces of each tenant; tenants that are missing or hidden are answered here.
async fn find_subjects(
    client: &Client,
    prepared: &Prepared,
    tenants: &[TenantContext],
) -> Result<Found, tokio_postgres::Error> {
    let names: Vec<&str> = tenants
        .iter()
        .filter_map(|tenant| match &tenant.location {
            Location::Schema(name) => Some(name.as_str()),
            Location::Database(_) | Location::File(_) => None,
        })
        .collect();
    let is_database = names.is_empty();
    let rows = client.query(&prepared.namespaces, &[&names, &is_database]).await?;
    let mut namespaces: HashMap<String, (u32, bool)> = HashMap::new();
    for row in rows {
        namespaces.insert(row.try_get(1)?, (row.try_get(0)?, row.try_get(2)?));
    }
    let mut subjects = Vec::new();
    let mut results = HashMap::new();
    for tenant in tenants {
        let subject = match &tenant.location {
            Location::Schema(name) => match namespaces.get(name) {
                None => {
                    results.insert(tenant.clone(), Err(missing_schema(tenant, name)));
                    continue;
                }
                Some(found) => [(name.clone(), *found)].into_iter().collect(),
            },
            Location::Database(_) => namespaces.clone(),
            Location::File(_) => HashMap::new(),
        };
        let hidden: Vec<u32> = subject.values().filter(|(_, is_usable)| !is_usable).map(|(oid, _)| *oid).collect();
        if !hidden.is_empty() {
            let objects = hidden_objects(client, &hidden).await?;
            results.insert(tenant.clone(), Err(AdapterError::Hidden { tenant: tenant.name.clone(), objects }));
            continue;
        }
        let own = match &tenant.location {
            Location::Schema(name) => SmolStr::new(name),
            Location::Database(_) | Location::File(_) => SmolStr::new_static("public"),
        };
        let schema_of = |name: &str| (name != own).then(|| SmolStr::new(name));
        let namespaces = subject.iter().map(|(name, (oid, _))| (*oid, schema_of(name))).collect();
        subjects.push(Subject { tenant: tenant.clone(), own, namespaces });
    }
    Ok((subjects, results))
}

fn missing_schema(tenant: &TenantContext, name: &str) -> AdapterError {
    let reason = format!("the database has no schema `{name}`");
    AdapterError::TenantMissing { tenant: tenant.name.clone(), reason }
}

/// What is in schemas that the role may not use. Without USAGE on a schema its names are printed in another way and its
/// objects cannot be altered, so that no snapshot would be right.
async fn hidden_objects(client: &Client, namespaces: &[u32]) -> Result<Vec<String>, tokio_postgres::Error> {
    let rows = client
        .query(
            "SELECT 'schema ' || quote_ident(n.nspname) FROM pg_namespace n WHERE n.oid = ANY($1) UNION ALL \
             SELECT (pg_identify_object(d.classid, d.objid, 0)).type || ' ' || (pg_identify_object(d.classid, d.objid, 0)).identity \
             FROM pg_depend d WHERE d.refclassid = 2615 AND d.refobjid = ANY($1) AND d.deptype = 'n' LIMIT 200",
            &[&namespaces],
        )
        .await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}
