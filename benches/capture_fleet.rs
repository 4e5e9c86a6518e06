//! Inspecting every tenant of a fleet of schemas in one database, 30 tables each, first of 500 and then of 2,000: in
//! time a tenant, held against `pg_dump --schema-only --schema` of one of them, and the larger fleet against the smaller.
//!
//! `SCHEMA_SYNC_BENCH_TENANTS` gives other sizes, in rising order: `500,2000,8000`.
#![expect(clippy::print_stdout, reason = "a bench prints what it has measured")]

#[path = "support/fleet.rs"]
mod fleet;
#[path = "support/report.rs"]
mod report;
#[path = "support/timing.rs"]
mod timing;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use report::Report;
use schema_sync::adapter::{AdapterError, DatabaseAdapter, SchemaInspector, TenantContext};
use schema_sync::postgres::{PostgresAdapter, TenantPattern};
use schema_sync_test_cluster::Cluster;
use timing::median;
use tokio::runtime::Runtime;

const ROUNDS: usize = 3;
const TENANTS_DEFAULT: &str = "500,2000";
const LIMIT: Duration = Duration::from_millis(6);
/// How much dearer a tenant may be among many than among few.
const FLATNESS: f64 = 1.2;

fn main() -> Result<(), Box<dyn Error>> {
    let sizes = std::env::var("SCHEMA_SYNC_BENCH_TENANTS").unwrap_or_else(|_| TENANTS_DEFAULT.to_owned());
    let sizes: Vec<usize> = sizes.split(',').map(str::parse).collect::<Result<_, _>>()?;
    let cluster = Cluster::start_with(&fleet::SETTINGS);
    let database = cluster.create_database("fleet");
    let adapter = PostgresAdapter::new(
        &database.url,
        TenantPattern::Schemas { pattern: "tenant_*".to_owned(), exclude: Vec::new() },
    )?;
    let runtime = Runtime::new()?;
    let mut report = Report::new();
    let (mut made, mut first) = (0, None);
    for size in sizes {
        fleet::add(&cluster, &database.name, made..size);
        made = size;
        let tenants = runtime.block_on(adapter.inspector().list_tenants())?;
        assert_eq!(tenants.len(), size, "every schema of the fleet is found");
        inspect_all(&runtime, &adapter.inspector(), &tenants)?;
        let all = median(ROUNDS, || inspect_all(&runtime, &adapter.inspector(), &tenants));
        let each = all.div_f64(size as f64);
        let schema = format!("--schema={}", fleet::tenant_name(0));
        let dump = median(1, || cluster.pg_dump(&database.name, &["--schema-only", &schema]));
        report.row(&format!("a tenant of {size}"), each, ("pg_dump -s -n", dump), Some(LIMIT));
        match first {
            None => first = Some((format!("a tenant of {size}"), each)),
            Some((ref name, smaller)) => {
                report.row(&format!("a tenant of {size}"), each, (name, smaller), Some(smaller.mul_f64(FLATNESS)));
            }
        }
    }
    Ok(())
}

/// Reads and hashes every tenant; all are alike, so that one hash is expected.
fn inspect_all(
    runtime: &Runtime,
    inspector: &Arc<dyn SchemaInspector>,
    tenants: &[TenantContext],
) -> Result<(), AdapterError> {
    let mut hashes = Vec::with_capacity(tenants.len());
    for snapshot in runtime.block_on(inspector.inspect_schemas(tenants)) {
        hashes.push(snapshot?.hash());
    }
    assert!(hashes.windows(2).all(|pair| pair[0] == pair[1]), "equal schemas have one hash");
    Ok(())
}
