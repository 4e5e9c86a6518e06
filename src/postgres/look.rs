//! One look at some tenants, within the transaction that is open: all statements in one round trip, and each row turned
//! into an object while the server goes on with the next statement.

use std::collections::HashMap;
use std::sync::Arc;

use schema_sync_store::{Object, ObjectId, SchemaSnapshot};
use smol_str::SmolStr;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Row, Statement};

use super::catalog::{Address, Cells, Named, Namespace, Reading, Shared, Source};
use super::database;
use super::kinds::{self, described};
use super::printed;
use super::session::{Prepared, Session, answer, send};
use super::subjects::{Subject, find_subjects};
use crate::adapter::{AdapterError, Location, TenantContext};
use crate::scope::Scope;

/// Plans that start from the namespace and go on by index, made once a connection: the statistics of a catalogue that
/// is full of equal tenants lead to others.
const READ_BY_INDEX: &str = "SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL jit = off; \
     SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; \
     SET LOCAL search_path = pg_catalog";
/// Each statement leaves the path of its last tenant behind; with another path than the one that it was prepared with,
/// the next would be analysed and planned anew.
const RESET_PATH: &str = "SET LOCAL search_path = pg_catalog";

/// Reads tenants within the transaction that is open, and changes its settings.
pub(super) async fn inspect_here(
    session: &mut Session,
    tenants: &[TenantContext],
) -> Result<Vec<Result<SchemaSnapshot, AdapterError>>, Error> {
    session.client().batch_execute(READ_BY_INDEX).await?;
    let prepared = session.prepared(tenants.len()).await?;
    let (client, server) = (session.client(), session.server);
    let (subjects, mut results, any_described) = find_subjects(client, &prepared, tenants).await?;
    let scope = Arc::clone(&session.scope);
    let readings = read_all(client, &prepared, &subjects, any_described, Arc::clone(&scope)).await?;
    for (subject, reading) in subjects.into_iter().zip(readings) {
        let objects = match (reading, &subject.tenant.location) {
            (Ok(mut reading), Location::Database(_)) => {
                let beyond = database::read(client, &server, &mut reading, &subject.namespaces).await?;
                let uses = database::uses_of_extensions(client).await?;
                beyond.map(|()| finish(reading, uses))
            }
            (Ok(reading), Location::Schema(_) | Location::File(_)) => Ok(finish(reading, Vec::new())),
            (Err(reason), _) => Err(reason),
        };
        let tenant = subject.tenant.name.clone();
        let result =
            objects.map_err(|reason| AdapterError::Inspection { tenant: tenant.clone(), reason }).and_then(|objects| {
                SchemaSnapshot::new("postgresql", scope.coverage(), objects)
                    .map_err(|error| AdapterError::Snapshot { tenant, error })
            });
        results.insert(subject.tenant, result);
    }
    let nothing = |tenant: &TenantContext| AdapterError::Inspection {
        tenant: tenant.name.clone(),
        reason: "it was asked for twice in one call".to_owned(),
    };
    Ok(tenants.iter().map(|tenant| results.remove(tenant).unwrap_or_else(|| Err(nothing(tenant)))).collect())
}

/// What each subject's rows said, or why they could not be read.
type Readings = Vec<Result<Reading, String>>;

async fn read_all(
    client: &Client,
    prepared: &Prepared,
    subjects: &[Subject],
    any_described: bool,
    scope: Arc<Scope>,
) -> Result<Readings, Error> {
    let mut places: HashMap<u32, (usize, Namespace)> = HashMap::new();
    for (place, subject) in subjects.iter().enumerate() {
        for (oid, schema) in &subject.namespaces {
            places.insert(*oid, (place, Namespace { schema: schema.clone() }));
        }
    }
    let oids: Vec<u32> = places.keys().copied().collect();
    // A database is read relative to `public`, wherever its objects are; a schema relative to itself.
    let path: Option<&str> = match subjects.first().map(|subject| &subject.tenant.location) {
        Some(Location::Database(_)) => Some("public"),
        _ => None,
    };
    let parameters: [&(dyn ToSql + Sync); 2] = [&oids, &path];
    let members = client.query(&prepared.members, &[]);
    let classes = prepared.added_classes(client);
    let mut requests = Vec::with_capacity(prepared.sources.len());
    for (source, statement) in &prepared.sources {
        let is_asked = any_described || source.name != described::SOURCE.name;
        requests.push(read_source(client, statement, &parameters, is_asked));
    }
    let (members, classes, sent) = futures_util::join!(members, classes, send(requests));
    let shared = Shared { scope, ..shared(&members?, prepared.own_classes.iter().chain(&classes?))? };
    let shared = Arc::new(shared);
    let reading =
        |subject: &Subject| Ok(Reading::new(subject.own.clone(), subject.tenant.location.name(), Arc::clone(&shared)));
    let mut readings: Readings = subjects.iter().map(reading).collect();
    for ((source, _), request) in prepared.sources.iter().zip(sent) {
        let rows = answer(request).await.transpose()?.unwrap_or_default();
        take_in(source, &rows, &places, &mut readings)?;
    }
    Ok(readings)
}

/// Turns a source's rows into objects of their subjects.
fn take_in(
    source: &Source,
    rows: &[Row],
    places: &HashMap<u32, (usize, Namespace)>,
    readings: &mut Readings,
) -> Result<(), Error> {
    let mut note = |place: usize, read: &dyn Fn(&mut Reading) -> Result<(), String>| {
        let Some(reading) = readings.get_mut(place) else { return };
        if let Ok(state) = reading
            && let Err(reason) = read(state)
        {
            *reading = Err(format!("{}: {reason}", source.name));
        }
    };
    for row in rows {
        let namespace: u32 = row.try_get(0)?;
        if let Some((place, namespace)) = places.get(&namespace) {
            note(*place, &|state| (source.read)(&Cells(row), namespace, state));
        }
    }
    let count = places.values().map(|(place, _)| place + 1).max().unwrap_or_default();
    for place in 0..count {
        note(place, &|state| kinds::after(source.name, state));
    }
    Ok(())
}

fn finish(mut reading: Reading, uses_of_extensions: Vec<(Address, ObjectId)>) -> Vec<Object> {
    reading.resolve_needs();
    for (dependent, extension) in uses_of_extensions {
        reading.need_id(dependent, extension);
    }
    let mut objects = reading.into_objects();
    database::need_schemas(&mut objects);
    printed::leave_out_row_aliases(&mut objects);
    objects
}

/// Sends a source's statement and, behind it, what sets the path back.
async fn read_source(
    client: &Client,
    statement: &Statement,
    parameters: &[&(dyn ToSql + Sync)],
    is_asked: bool,
) -> Result<Vec<Row>, Error> {
    if !is_asked {
        return Ok(Vec::new());
    }
    let (rows, reset) = futures_util::join!(client.query(statement, parameters), client.batch_execute(RESET_PATH));
    reset?;
    rows
}

fn shared<'a>(members: &[Row], classes: impl Iterator<Item = &'a Row>) -> Result<Shared, Error> {
    let mut shared = Shared::default();
    for row in members {
        shared.members.insert((row.try_get(0)?, row.try_get(1)?), row.try_get(2)?);
    }
    for row in classes {
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
