//! PostgreSQL's own regression database: every sort of object that its developers try. It is read whole and schema by
//! schema, an empty database becomes what it is, and one that is what it is becomes empty, with `pg_dump` as the judge.
//!
//! `tests/run --regression-database` fetches the sources and runs this; `SCHEMA_SYNC_TEST_REGRESSION` names their folder
//! `src/test/regress`, with `regress.so` built in it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on must fail loudly")]
#![expect(clippy::print_stdout, reason = "what was found of each kind is told")]

#[path = "support/postgres.rs"]
#[expect(dead_code, reason = "shared by several test files, each of which uses a part")]
mod support;

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use schema_sync::adapter::{DatabaseAdapter, TenantContext};
use schema_sync::postgres::{PostgresAdapter, TenantPattern};
use schema_sync::store::{Object, SchemaSnapshot};
use schema_sync_test_cluster::Cluster;
use support::{difference_of_dumps, dump, engine, inspect, only_tenant, promote};

/// What the load leaves behind, and nothing models.
const UNMODELLED: &[&str] = &[];
const ROUNDS: usize = 5;

const SOURCES: &str = "SCHEMA_SYNC_TEST_REGRESSION";
/// From the folder of `psql`, where PostgreSQL's packages have it.
const LOADER: &str = "../lib/pgxs/src/test/regress/pg_regress";

/// Loads the regression database; what its tests print does not matter, what they leave behind does.
fn load(cluster: &Cluster) {
    let sources = std::env::var_os(SOURCES);
    let sources = sources.unwrap_or_else(|| panic!("{SOURCES} is not set: run tests/run --regression-database"));
    // The server reads files there, as a user of its own.
    let folder = cluster.folder().join("regress");
    run(Command::new("cp").args(["-r", "-L"]).arg(&sources).arg(&folder));
    let server = std::fs::metadata(cluster.folder().join("data")).unwrap();
    run(Command::new("chown").args(["-R", &format!("{}:{}", server.uid(), server.gid())]).arg(&folder));
    let port = cluster.port().to_string();
    let folder_text = folder.to_str().unwrap();
    let mut loader = Command::new(cluster.programs().join(LOADER));
    loader.uid(server.uid()).gid(server.gid()).current_dir(&folder).args([
        "--host=127.0.0.1",
        "--user=postgres",
        "--inputdir=.",
        "--outputdir=.",
    ]);
    loader.args(["--port", &port, "--dlpath", folder_text, "--dbname=regression", "--schedule=parallel_schedule"]);
    loader.args(["--bindir", cluster.programs().to_str().unwrap()]);
    let output = loader.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let tables = cluster.psql("regression", "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND oid >= 16384");
    let tables: u32 = tables.trim().parse().unwrap();
    assert!(tables > 400, "the regression database has only {tables} tables:\n{said}");
}

fn run(command: &mut Command) {
    let status = command.status().unwrap();
    assert!(status.success(), "{command:?}: {status}");
}

/// How many objects of each kind a snapshot has.
fn counts(snapshot: &SchemaSnapshot) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    snapshot.objects().iter().for_each(|object| *counts.entry(object.id.kind.as_str()).or_default() += 1);
    counts.iter().map(|(kind, count)| format!("{kind} {count}")).collect::<Vec<_>>().join(", ")
}

fn unmodelled(snapshot: &SchemaSnapshot) -> Vec<String> {
    snapshot.of_kind("unmodelled").map(|object: &Object| object.id.to_string()).collect()
}

fn median(mut look: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            look();
            started.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[ROUNDS / 2]
}

#[test]
#[ignore = "tests/run --regression-database fetches the sources that it needs"]
fn the_regression_database_is_read_and_made_and_dropped() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let cluster = Cluster::start_with(&["max_locks_per_transaction = 1024", "max_connections = 60"]);
    load(&cluster);
    let whole = runtime.block_on(inspect(&cluster, "regression"));
    println!("{} objects: {}", whole.objects().len(), counts(&whole));
    assert_eq!(unmodelled(&whole), UNMODELLED);
    runtime.block_on(schemas(&cluster));
    cluster.create_database("made");
    let empty = runtime.block_on(inspect(&cluster, "made"));
    runtime.block_on(promote(&cluster, "made", &whole)).unwrap();
    let loaded = dump(&cluster, "regression");
    assert_eq!(difference_of_dumps(&dump(&cluster, "made"), &loaded), None);
    println!("made of it, pg_dump says the same in {} lines", loaded.lines().count());
    restored(&cluster, &runtime, &whole);
    times(&cluster, &runtime);
    runtime.block_on(promote(&cluster, "made", &empty)).unwrap();
    cluster.create_database("empty");
    assert_eq!(difference_of_dumps(&dump(&cluster, "made"), &dump(&cluster, "empty")), None);
}

/// Each schema as a tenant of its own.
async fn schemas(cluster: &Cluster) {
    let pattern = TenantPattern::Schemas { pattern: "*".to_owned(), exclude: Vec::new() };
    let adapter = PostgresAdapter::new(&cluster.url("regression"), pattern).unwrap();
    let inspector = Arc::new(adapter).inspector();
    let tenants: Vec<TenantContext> = inspector.list_tenants().await.unwrap();
    for (tenant, snapshot) in tenants.iter().zip(inspector.inspect_schemas(&tenants).await) {
        let snapshot = snapshot.unwrap_or_else(|error| panic!("{}: {error}", tenant.name));
        println!(
            "schema {}: {} objects, unmodelled {:?}",
            tenant.name,
            snapshot.objects().len(),
            unmodelled(&snapshot)
        );
    }
}

/// Made of `pg_dump`'s output, in whose order things are made, it has the same hash but for what that output leaves out.
fn restored(cluster: &Cluster, runtime: &tokio::runtime::Runtime, whole: &SchemaSnapshot) {
    cluster.create_database("restored");
    let text = cluster.pg_dump("regression", &["--schema-only"]);
    cluster.try_psql("restored", &text.replace("CREATE SCHEMA public;", "")).unwrap();
    let restored = runtime.block_on(inspect(cluster, "restored"));
    let differs = |object: &&Object| restored.get(&object.id) != Some(object);
    let differing: Vec<_> = whole.objects().iter().filter(differs).map(|object| object.id.to_string()).collect();
    println!("restored by pg_dump, these differ: {differing:?}");
}

/// Inspecting, held against `pg_dump --schema-only` in the same run.
fn times(cluster: &Cluster, runtime: &tokio::runtime::Runtime) {
    let ours = median(|| {
        let engine = engine(cluster, "regression");
        runtime.block_on(async { engine.inspect(&only_tenant(&engine).await).await.unwrap() });
    });
    let theirs = median(|| drop(cluster.pg_dump("regression", &["--schema-only"])));
    println!("inspected in {ours:?} with a new connection; pg_dump {theirs:?}");
}
