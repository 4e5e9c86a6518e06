//! One schema has one hash, whichever version of PostgreSQL holds it: every schema of the corpora is loaded into a server
//! of each version that is given, and each must tell the same.
//!
//! `SCHEMA_SYNC_TEST_POSTGRES_VERSIONS` names the folders of the versions' programs, parted by colons; `tests/run
//! --all-versions` sets it. A pair's `needs.txt` has the oldest major version that can hold it.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on must fail loudly")]

#[path = "support/postgres.rs"]
#[expect(dead_code, reason = "schemas are only read here, never promoted")]
mod support;

#[path = "support/needs.rs"]
mod needs;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use needs::least_version;
use schema_sync::kind::DialectDiff;
use schema_sync::plan::{DependencyPlanner, PlanError, Planner};
use schema_sync::postgres::PostgresDialect;
use schema_sync::store::{DiffCalculator, ObjectId, SchemaSnapshot};
use schema_sync_test_cluster::Cluster;
use support::{inspect, repository_file};

/// A file of SQL, under the name that messages call it by.
struct Schema {
    name: String,
    file: PathBuf,
    least: u32,
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// All schemas of the corpora whose names have what `SCHEMA_SYNC_TEST_PAIR` says.
fn schemas() -> Vec<Schema> {
    let mut found = Vec::new();
    for folder in ["postgres", "real/postgres-pairs"] {
        for pair in entries(&repository_file("tests/corpus").join(folder)) {
            let name = format!("{folder}/{}", pair.file_name().unwrap().to_string_lossy());
            let least = least_version(&pair);
            let side = |side: &str| Schema { name: format!("{name}/{side}"), file: pair.join(side), least };
            found.extend(["a.sql", "b.sql"].map(side));
        }
    }
    let real = repository_file("tests/corpus/real/postgres");
    let mut files = entries(&real.join("pagila"));
    files.push(real.join("sakila.sql"));
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        found.push(Schema { name, file, least: 0 });
    }
    let wanted = std::env::var("SCHEMA_SYNC_TEST_PAIR").unwrap_or_default();
    found.retain(|schema| schema.name.contains(&wanted));
    found
}

/// What a schema is on one version, or why it could not be loaded.
type Found = Result<SchemaSnapshot, String>;

fn read_all(binaries: &Path, schemas: &[Schema]) -> (u32, BTreeMap<String, Found>) {
    let cluster = Cluster::start_in(binaries);
    let version = cluster.major_version();
    cluster.psql("postgres", "CREATE ROLE schemainspect_test_role");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut found = BTreeMap::new();
    for (place, schema) in schemas.iter().enumerate() {
        let database = format!("schema_{place}");
        cluster.create_database(&database);
        let sql = std::fs::read_to_string(&schema.file).unwrap();
        let loaded = cluster.try_psql(&database, &sql);
        found.insert(schema.name.clone(), loaded.map(|_| runtime.block_on(inspect(&cluster, &database))));
        cluster.psql(&database, WITHOUT_SUBSCRIPTIONS);
        cluster.psql("postgres", &format!("DROP DATABASE {database} WITH (FORCE)"));
    }
    (version, found)
}

/// No database with a subscription can be dropped.
const WITHOUT_SUBSCRIPTIONS: &str = "SELECT format('ALTER SUBSCRIPTION %1$I DISABLE; \
     ALTER SUBSCRIPTION %1$I SET (slot_name = NONE); DROP SUBSCRIPTION %1$I', s.subname) \
     FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid WHERE d.datname = current_database() \\gexec";

/// The lines of the canonical bytes that only one of two snapshots has.
fn difference(left: (u32, &SchemaSnapshot), right: (u32, &SchemaSnapshot)) -> String {
    let text = |snapshot: &SchemaSnapshot| String::from_utf8(snapshot.to_bytes()).unwrap();
    let (left_text, right_text) = (text(left.1), text(right.1));
    let only = |version: u32, here: &str, there: &str| {
        let lines = here.lines().filter(|line| !there.lines().any(|other| other == *line));
        lines.map(|line| format!("  {version}: {line}\n")).collect::<String>()
    };
    only(left.0, &left_text, &right_text) + &only(right.0, &right_text, &left_text)
}

/// Whether two versions tell the same of a schema. The versions of extensions are told, and each server has its own:
/// without them the hashes must be the same.
fn is_same(left: &SchemaSnapshot, right: &SchemaSnapshot) -> bool {
    left.hash() == right.hash() || without_versions(left).hash() == without_versions(right).hash()
}

fn without_versions(snapshot: &SchemaSnapshot) -> SchemaSnapshot {
    let mut objects = snapshot.objects().to_vec();
    for object in &mut objects {
        if object.id.kind == "extension" {
            object.attributes.remove("version");
        }
        // Only servers from 18 on can tell what a not-null constraint is called.
        object.attributes.remove("not_null_constraint");
    }
    SchemaSnapshot::new(snapshot.dialect(), snapshot.coverage().clone(), objects).unwrap()
}

/// Pairs with names that have become keywords, such as `json` in 16: newer servers print them quoted.
const QUOTED_OTHERWISE: &[&str] =
    &["postgres/types-and-routines-of-the-servers-names/", "postgres/view-of-whole-rows/"];

/// The folders of the versions' programs.
fn versions() -> Vec<PathBuf> {
    let folders = std::env::var_os("SCHEMA_SYNC_TEST_POSTGRES_VERSIONS")
        .expect("SCHEMA_SYNC_TEST_POSTGRES_VERSIONS names the folders of the versions' programs");
    let folders: Vec<PathBuf> = std::env::split_paths(&folders).collect();
    assert!(folders.len() > 1, "one version alone proves nothing");
    folders
}

#[tokio::test]
#[ignore = "needs servers of several versions: tests/run --all-versions"]
async fn what_nobody_can_compare_is_called_so() {
    let mut clusters: Vec<(u32, Cluster)> = Vec::new();
    for folder in versions() {
        let cluster = Cluster::start_in(&folder);
        clusters.push((cluster.major_version(), cluster));
    }
    clusters.sort_by_key(|(version, _)| *version);
    let mut snapshots = Vec::new();
    let sql = "CREATE TABLE old (id integer); \
        CREATE VIEW plain AS SELECT id FROM old; \
        CREATE VIEW mixed AS SELECT id FROM old WHERE EXISTS (SELECT FROM old old_1 WHERE old_1.id > old.id)";
    for (_, cluster) in [&clusters[0], &clusters[clusters.len() - 1]] {
        cluster.create_database("mixed");
        cluster.psql("mixed", sql);
        snapshots.push(inspect(cluster, "mixed").await);
    }
    let (oldest, newest) = (&snapshots[0], &snapshots[1]);
    assert!(clusters[0].0 < 16 && clusters[clusters.len() - 1].0 >= 16, "both ways of printing are needed");
    let diff = DialectDiff(&PostgresDialect).calculate(oldest, newest);
    let mixed = ObjectId::new("view", ["mixed"]);
    assert_eq!(diff.incomparable.iter().map(|change| change.id()).collect::<Vec<_>>(), [&mixed]);
    assert_eq!(diff.change_count(), 0, "{diff:?}");
    let refused = DependencyPlanner.plan(oldest, newest, &PostgresDialect).err();
    assert_eq!(refused, Some(PlanError::Incomparable(vec![mixed])));
}

#[test]
#[ignore = "needs servers of several versions: tests/run --all-versions"]
fn one_schema_has_one_hash_on_every_version() {
    let folders = versions();
    let schemas = schemas();
    let mut versions: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = folders.iter().map(|folder| scope.spawn(|| read_all(folder, &schemas))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    let mut failures = Vec::new();
    for schema in &schemas {
        let mut newest: Option<(u32, &SchemaSnapshot)> = None;
        for (version, found) in &versions {
            match (&found[&schema.name], newest) {
                _ if *version < schema.least => {}
                (Err(message), _) => failures.push(format!("{} on {version}: {message}", schema.name)),
                (Ok(snapshot), None) => newest = Some((*version, snapshot)),
                (Ok(snapshot), Some(newest)) if is_same(snapshot, newest.1) => {}
                _ if QUOTED_OTHERWISE.iter().any(|pair| schema.name.starts_with(pair)) => {}
                (Ok(snapshot), Some(newest)) => {
                    let difference = difference(newest, (*version, snapshot));
                    failures.push(format!("{}:\n{difference}", schema.name));
                }
            }
        }
    }
    for (version, found) in &versions {
        println!("{version}: {} of {} schemas", found.values().filter(|found| found.is_ok()).count(), schemas.len());
    }
    assert!(failures.is_empty(), "{} differ or fail:\n{}", failures.len(), failures.join("\n"));
}
