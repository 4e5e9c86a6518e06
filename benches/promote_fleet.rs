//! Bringing the same change of 4 statements to every tenant of a fleet of schemas in one database: planned once, then a
//! lock, an inspection before and after and a transaction each, held against the same statements sent raw, one transaction
//! a tenant, over one connection.
//!
//! `SCHEMA_SYNC_BENCH_TENANTS` gives another number of tenants than 200.
#![expect(clippy::print_stdout, reason = "a bench prints what it has measured")]

#[path = "support/fleet.rs"]
mod fleet;
#[path = "support/report.rs"]
mod report;

use std::error::Error;
use std::time::{Duration, Instant};

use report::Report;
use schema_sync::adapter::{DatabaseAdapter, Location, TenantContext};
use schema_sync::execute::{Executor, LockedExecutor, Task};
use schema_sync::plan::{DependencyPlanner, MigrationPlan, Planner};
use schema_sync::postgres::{ConnectOptions, PostgresAdapter, TenantPattern};
use schema_sync_test_cluster::Cluster;

const TENANTS_DEFAULT: usize = 200;
const GOAL_RATIO: f64 = 3.0;
const CHANGE: &str = "ALTER TABLE item_0 ADD COLUMN note text;
     CREATE INDEX item_0_note ON item_0 (note);
     ALTER TABLE item_1 ADD COLUMN weight integer NOT NULL DEFAULT 0;
     CREATE TABLE remark (id bigint PRIMARY KEY, body text NOT NULL);";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let count = std::env::var("SCHEMA_SYNC_BENCH_TENANTS").map_or(Ok(TENANTS_DEFAULT), |text| text.parse())?;
    // As a server is run: what it has acknowledged is on disk. Without that, raw SQL would not wait for its commits.
    let settings = [&fleet::SETTINGS[..], &["fsync = on", "synchronous_commit = on", "full_page_writes = on"]].concat();
    let cluster = Cluster::start_with(&settings);
    let database = cluster.create_database("fleet");
    // The last tenant is the model; the others are promoted by halves, in the two ways.
    fleet::add(&cluster, &database.name, 0..2 * count + 1);
    let adapter = PostgresAdapter::new(
        &database.url,
        TenantPattern::Schemas { pattern: "tenant_*".to_owned(), exclude: Vec::new() },
    )?;
    let model = tenant(2 * count);
    let from = adapter.inspector().inspect_schema(&model).await?;
    cluster.psql(&database.name, &format!("SET search_path = {model}; {CHANGE}"));
    let target = adapter.inspector().inspect_schema(&model).await?;
    let plan = DependencyPlanner.plan(&from, &target, adapter.dialect())?;

    let raw = send_raw(&ConnectOptions::parse(&database.url)?, &plan, count..2 * count).await?;
    let start = Instant::now();
    for index in 0..count {
        let tenant = tenant(index);
        let lock_timeout = Duration::from_secs(10);
        let task = Task { adapter: &adapter, tenant: &tenant, plan: &plan, target: &target, lock_timeout };
        LockedExecutor::default().execute(task).await?;
    }
    let promoted = start.elapsed();
    for index in [0, 2 * count - 1] {
        assert_eq!(adapter.inspector().inspect_schema(&tenant(index)).await?, target, "both ways lead to the target");
    }

    let each = |time: Duration| time.div_f64(count as f64);
    let mut report = Report::new();
    let limit = each(raw).mul_f64(GOAL_RATIO);
    report.row("a tenant, verified", each(promoted), ("raw SQL", each(raw)), Some(limit));
    println!("{count} tenants, {} statements", plan.statements().count());
    Ok(())
}

fn tenant(index: usize) -> TenantContext {
    let name = fleet::tenant_name(index);
    TenantContext::new(name.clone(), Location::Schema(name))
}

async fn send_raw(
    options: &ConnectOptions,
    plan: &MigrationPlan,
    tenants: std::ops::Range<usize>,
) -> Result<Duration, Box<dyn Error>> {
    let connection = options.connect().await?;
    let statements: Vec<&str> = plan.statements().collect();
    let statements = statements.join(";\n");
    let start = Instant::now();
    for index in tenants {
        let name = fleet::tenant_name(index);
        let sql = format!("BEGIN; SET LOCAL search_path = {name}; {statements}; COMMIT");
        connection.client.batch_execute(&sql).await?;
    }
    Ok(start.elapsed())
}
