//! Inspecting one schema of 1,000 tables × 12 columns, 4 indexes, 4 constraints, 50 views and 50 functions: from the
//! start of the command to the end of the snapshot's document, and within the library from no connection to the
//! snapshot's hash; and planning how all of it comes and goes. Held against `pg_dump --schema-only` of the same database.
#![expect(clippy::print_stdout, reason = "a bench prints what it has measured")]

#[path = "support/large_schema.rs"]
mod large_schema;
#[path = "support/report.rs"]
mod report;
#[path = "support/timing.rs"]
mod timing;

use std::error::Error;
use std::process::Command;

use report::Report;
use schema_sync::adapter::{DatabaseAdapter, Location, TenantContext};
use schema_sync::plan::{DependencyPlanner, Planner};
use schema_sync::postgres::{PostgresAdapter, PostgresDialect, TenantPattern};
use schema_sync::store::{SchemaSnapshot, SnapshotHash};
use schema_sync_test_cluster::Cluster;
use timing::median;

const ROUNDS: usize = 7;
const TABLES: usize = 1000;
const GOAL_RATIO: f64 = 0.3;

fn main() -> Result<(), Box<dyn Error>> {
    let cluster = Cluster::start_with(&["max_locks_per_transaction = 1024", "shared_buffers = 512MB"]);
    let database = cluster.create_database("large");
    cluster.psql(&database.name, &large_schema::sql(TABLES));
    cluster.psql(&database.name, "VACUUM ANALYZE");

    let runtime = tokio::runtime::Runtime::new()?;
    let tenant = TenantContext::new("large", Location::Schema("large".to_owned()));
    let inspect = || {
        runtime.block_on(async {
            let adapter = PostgresAdapter::new(&database.url, TenantPattern::Schema("large".to_owned()))?;
            adapter.inspector().inspect_schema(&tenant).await
        })
    };
    let snapshot = inspect()?;
    let document = show(&database.url)?;
    assert_eq!(SnapshotHash::of(&document), snapshot.hash(), "the command and the library read the same");
    let inspection = median(ROUNDS, || inspect().map(|snapshot| snapshot.hash()));
    let command = median(ROUNDS, || show(&database.url));
    let dump = median(ROUNDS, || cluster.pg_dump(&database.name, &["--schema-only"]));
    let nothing = SchemaSnapshot::empty("postgresql");
    let plan = |from: &SchemaSnapshot, to: &SchemaSnapshot| {
        median(ROUNDS, || DependencyPlanner.plan(from, to, &PostgresDialect))
    };
    let (coming, going) = (plan(&nothing, &snapshot), plan(&snapshot, &nothing));
    let mut report = Report::new();
    let limit = Some(dump.mul_f64(GOAL_RATIO));
    report.row("schema-sync show --format snapshot", command, ("pg_dump -s", dump), limit);
    report.row("connect, inspect, hash", inspection, ("pg_dump -s", dump), limit);
    report.row("plan it from nothing", coming, ("pg_dump -s", dump), Some(dump));
    report.row("plan to nothing", going, ("pg_dump -s", dump), Some(dump));
    println!("{} objects", snapshot.objects().len());
    Ok(())
}

/// The snapshot's document as the command prints it.
fn show(url: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let output = Command::new(env!("CARGO_BIN_EXE_schema-sync"))
        .args(["show", &format!("{url}?schema=large"), "--format", "snapshot"])
        .current_dir(folder.path())
        .output()?;
    if output.status.success() { Ok(output.stdout) } else { Err(String::from_utf8(output.stderr)?.into()) }
}
