//! Which schemas a tenant is made of, and whether the role may see them.

use std::collections::HashMap;

use schema_sync_store::SchemaSnapshot;
use smol_str::SmolStr;
use tokio_postgres::Client;

use super::session::Prepared;
use crate::adapter::{AdapterError, Location, TenantContext};

/// One tenant to be read: the schemas that it is made of.
pub(super) struct Subject {
    pub(super) tenant: TenantContext,
    /// The name of its own schema.
    pub(super) own: SmolStr,
    /// All its namespaces; the schema's name is told for those that are not its own.
    pub(super) namespaces: Vec<(u32, Option<SmolStr>)>,
}

/// Also whether the database has anything that the source of what is described reads.
pub(super) type Found = (Vec<Subject>, HashMap<TenantContext, Result<SchemaSnapshot, AdapterError>>, bool);

/// The namespaces of each tenant; tenants that are missing or hidden are answered here.
pub(super) async fn find_subjects(
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
    let any_described = rows.first().map_or(Ok(false), |row| row.try_get(3))?;
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
            Location::File(path) => {
                let reason = format!("{} is a file, which PostgreSQL has no tenants in", path.display());
                results
                    .insert(tenant.clone(), Err(AdapterError::TenantMissing { tenant: tenant.name.clone(), reason }));
                continue;
            }
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
    Ok((subjects, results, any_described))
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
