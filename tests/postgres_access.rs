//! Owners and privileges on a real server; `pg_dump` is the judge, and here it tells owners and privileges as well.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail loudly")]

#[path = "support/postgres.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};

use schema_sync::engine::{Engine, SyncOutcome, SyncState};
use schema_sync::plan::{Allowance, Policy};
use schema_sync::postgres::{PostgresAdapter, TenantPattern};
use schema_sync::scope::{Include, Scope};
use schema_sync::store::SchemaSnapshot;
use schema_sync_test_cluster::Cluster;
use support::{difference_of_dumps, dump_with, only_tenant, repository_file};

const WORKERS: usize = 3;

/// Roles belong to the server, so that all pairs share these.
fn cluster() -> &'static Cluster {
    static ROLES: Once = Once::new();
    let cluster = Cluster::shared();
    ROLES.call_once(|| {
        let roles = std::fs::read_to_string(repository_file("tests/corpus/postgres-roles.sql")).unwrap();
        cluster.psql("postgres", &roles);
    });
    cluster
}

fn pairs_of(folder: &str) -> Vec<PathBuf> {
    let wanted = std::env::var("SCHEMA_SYNC_TEST_PAIR").ok();
    let entries = std::fs::read_dir(repository_file(folder)).unwrap();
    let mut pairs: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    pairs.sort();
    pairs.retain(|pair| wanted.as_ref().is_none_or(|wanted| name_of(pair).contains(wanted.as_str())));
    pairs
}

fn name_of(pair: &Path) -> String {
    pair.file_name().unwrap().to_string_lossy().into_owned()
}

fn load(database: &str, files: &[PathBuf]) -> Result<(), String> {
    cluster().create_database(database);
    let load_one = |file: &PathBuf| {
        let sql = std::fs::read_to_string(file).unwrap();
        cluster().try_psql(database, &sql).map(drop).map_err(|error| format!("{}: {error}", file.display()))
    };
    files.iter().try_for_each(load_one)
}

/// Owners, grants, and roles of the tenant's own.
fn whole() -> Scope {
    Scope { include: Include::ALL.into(), roles: vec!["{tenant}_rw".parse().unwrap()] }
}

fn engine(database: &str, scope: Scope) -> Engine {
    let adapter = PostgresAdapter::with_scope(&cluster().url(database), TenantPattern::Database, scope).unwrap();
    Engine::from_adapter(Arc::new(adapter)).with_policy(Policy::allowing(vec![Allowance::All]))
}

async fn inspect(database: &str, scope: Scope) -> Result<SchemaSnapshot, String> {
    let engine = engine(database, scope);
    engine.inspect(&only_tenant(&engine).await).await.map_err(|error| error.to_string())
}

async fn promote(database: &str, scope: Scope, target: &SchemaSnapshot) -> Result<SyncOutcome, String> {
    let engine = engine(database, scope);
    let tenant = only_tenant(&engine).await;
    engine.sync_tenant(&tenant, Some(target), true).await.map_err(|error| error.to_string())
}

/// Checks all pairs of a folder, some at a time; fails with all that is wrong.
fn check_folder<Checked: Future<Output = Result<(), String>>>(folder: &str, check: fn(PathBuf) -> Checked) -> usize {
    cluster();
    let pairs = pairs_of(folder);
    let failures: Vec<String> = std::thread::scope(|scope| {
        let check_some = |some: &[PathBuf]| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            some.iter().filter_map(|pair| runtime.block_on(check(pair.clone())).err()).collect::<Vec<_>>()
        };
        let chunks = pairs.chunks(pairs.len().div_ceil(WORKERS).max(1));
        let threads: Vec<_> = chunks.map(|some| scope.spawn(move || check_some(some))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(failures.is_empty(), "{} of {} pairs failed:\n\n{}", failures.len(), pairs.len(), failures.join("\n\n"));
    pairs.len()
}

fn statements(outcome: &SyncOutcome) -> String {
    outcome.plan.iter().flat_map(|plan| plan.statements()).collect::<Vec<_>>().join(";\n")
}

/// Owners and privileges that nobody looked at: `access.sql` sets them on what both sides have, and each way keeps them.
#[test]
fn what_is_replaced_keeps_its_owner_and_its_privileges() {
    check_folder("tests/corpus/postgres-kept", check_kept);
}

async fn check_kept(pair: PathBuf) -> Result<(), String> {
    let name = name_of(&pair);
    let database = |part: &str| format!("kept_{}_{part}", name.replace('-', "_"));
    let [plain_a, plain_b, a, b, live] = ["plain_a", "plain_b", "a", "b", "live"].map(database);
    let file = |file: &str| pair.join(file);
    for (database, side) in [(&plain_a, "a.sql"), (&plain_b, "b.sql")] {
        load(database, &[file(side)])?;
    }
    for (database, side) in [(&a, "a.sql"), (&b, "b.sql"), (&live, "a.sql")] {
        load(database, &[file(side), file("access.sql")])?;
    }
    for (way, target, expected) in [("a to b", &plain_b, &b), ("b to a", &plain_a, &a)] {
        let target = inspect(target, Scope::default()).await?;
        let outcome = promote(&live, Scope::default(), &target).await;
        let outcome = outcome.map_err(|error| format!("{name}, {way}: {error}"))?;
        let dumps = [&live, expected].map(|database| dump_with(cluster(), database, &[]));
        if let Some(what) = difference_of_dumps(&dumps[0], &dumps[1]) {
            return Err(format!("{name}, {way}: {what}\nthe plan was\n{}", statements(&outcome)));
        }
    }
    Ok(())
}

/// Owners and privileges that are looked at: each side becomes the other and comes back, with all of them.
#[test]
fn owners_and_grants_become_those_of_the_other_and_come_back() {
    let count = check_folder("tests/corpus/postgres-grants", check_both_ways);
    assert!(count >= 25 || std::env::var_os("SCHEMA_SYNC_TEST_PAIR").is_some(), "only {count} pairs were found");
}

async fn check_both_ways(pair: PathBuf) -> Result<(), String> {
    let name = name_of(&pair);
    let database = |part: &str| format!("grants_{}_{part}", name.replace('-', "_"));
    let [a, b, live] = ["a", "b", "live"].map(database);
    for (database, file) in [(&a, "a.sql"), (&b, "b.sql"), (&live, "a.sql")] {
        load(database, &[pair.join(file)])?;
    }
    for (way, target) in [("a to b", &b), ("b to a", &a)] {
        let failed = |error| format!("{name}, {way}: {error}");
        let snapshot = inspect(target, whole()).await.map_err(failed)?;
        let outcome = promote(&live, whole(), &snapshot).await.map_err(failed)?;
        let dumps = [&live, target].map(|database| dump_with(cluster(), database, &[]));
        if let Some(what) = difference_of_dumps(&dumps[0], &dumps[1]) {
            return Err(format!("{name}, {way}: {what}\nthe plan was\n{}", statements(&outcome)));
        }
        let second = promote(&live, whole(), &snapshot).await.map_err(failed)?;
        if second.state != SyncState::AlreadyInSync {
            return Err(format!("{name}, {way}: the second plan is not empty: {:?}", second.diff));
        }
    }
    Ok(())
}

/// No provider of labels comes with PostgreSQL, so that the row is written as a provider's would be.
#[tokio::test]
async fn security_labels_are_reported_and_what_has_one_is_not_replaced() {
    let [live, target] = ["labels_live", "labels_target"];
    for (database, type_name) in [(live, "integer"), (target, "bigint")] {
        cluster().create_database(database);
        cluster().psql(database, &format!("CREATE TABLE t (id {type_name}); CREATE VIEW v AS SELECT id FROM t"));
    }
    cluster().psql(live, "INSERT INTO pg_seclabel VALUES ('v'::regclass, 'pg_class'::regclass, 0, 'guard', 'secret')");
    let snapshot = inspect(live, Scope::default()).await.unwrap();
    let label = snapshot.of_kind("unmodelled").next().map(|label| (label.id.dotted(), label.attributes.clone()));
    let (name, attributes) = label.unwrap();
    assert_eq!(name, "security label of guard on v");
    assert_eq!(attributes["definition"], "secret");
    let target = inspect(target, Scope::default()).await.unwrap();
    let refusal = promote(live, Scope::default(), &target).await.unwrap_err();
    assert!(refusal.contains("security label of guard on v"), "{refusal}");
}
