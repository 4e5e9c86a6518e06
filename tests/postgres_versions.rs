//! One schema has one hash, whichever version of PostgreSQL holds it: every schema of the corpora is loaded into a server
//! of each version that is given, and each must tell the same.
//!
//! `SCHEMA_SYNC_TEST_POSTGRES_VERSIONS` names the folders of the versions' programs, parted by colons; `tests/run
//! --all-versions` sets it. A pair's `needs.txt` has the oldest major version that can hold it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail loudly")]

#[path = "support/postgres.rs"]
#[expect(dead_code, reason = "schemas are only read here, never promoted")]
mod support;

#[path = "support/needs.rs"]
mod needs;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use needs::least_version;
use schema_sync::store::SchemaSnapshot;
use schema_sync_test_cluster::Cluster;
use support::{inspect, repository_file};

/// Schemas beyond the pairs that some versions cannot load: the schema, the oldest version that can.
const NEEDS: &[(&str, u32)] = &[];

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
    for folder in ["tests/corpus/postgres", "tests/corpus/real/postgres-pairs"] {
        for pair in entries(&repository_file(folder)) {
            let name = pair.file_name().unwrap().to_string_lossy().into_owned();
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
        let least = NEEDS.iter().find(|(needy, _)| *needy == name).map_or(0, |(_, least)| *least);
        found.push(Schema { name, file, least });
    }
    let wanted = std::env::var("SCHEMA_SYNC_TEST_PAIR").unwrap_or_default();
    found.retain(|schema| schema.name.contains(&wanted));
    found
}

/// What each schema is on one version; a schema that it is too old for is left out.
fn read_all(binaries: &Path, schemas: &[Schema]) -> (u32, BTreeMap<String, Result<SchemaSnapshot, String>>) {
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
        let is_able = version >= schema.least;
        match loaded {
            Ok(_) if is_able => {
                let snapshot = runtime.block_on(inspect(&cluster, &database));
                found.insert(schema.name.clone(), Ok(snapshot));
            }
            Ok(_) => {
                let message = format!("loads, though it is said to need {}", schema.least);
                found.insert(schema.name.clone(), Err(message));
            }
            Err(message) if is_able => drop(found.insert(schema.name.clone(), Err(message))),
            Err(_) => {}
        }
        cluster.psql("postgres", &format!("DROP DATABASE {database} WITH (FORCE)"));
    }
    (version, found)
}

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

#[test]
#[ignore = "needs servers of several versions: tests/run --all-versions"]
fn one_schema_has_one_hash_on_every_version() {
    let folders = std::env::var_os("SCHEMA_SYNC_TEST_POSTGRES_VERSIONS")
        .expect("SCHEMA_SYNC_TEST_POSTGRES_VERSIONS names the folders of the versions' programs");
    let folders: Vec<PathBuf> = std::env::split_paths(&folders).collect();
    assert!(folders.len() > 1, "one version alone proves nothing");
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
            match (found.get(&schema.name), newest) {
                (None, _) => {}
                (Some(Err(message)), _) => failures.push(format!("{} on {version}: {message}", schema.name)),
                (Some(Ok(snapshot)), None) => newest = Some((*version, snapshot)),
                (Some(Ok(snapshot)), Some(newest)) if snapshot.hash() != newest.1.hash() => {
                    let difference = difference(newest, (*version, snapshot));
                    failures.push(format!("{}:\n{difference}", schema.name));
                }
                (Some(Ok(_)), Some(_)) => {}
            }
        }
    }
    for (version, found) in &versions {
        println!("{version}: {} of {} schemas", found.values().filter(|found| found.is_ok()).count(), schemas.len());
    }
    assert!(failures.is_empty(), "{} differ or fail:\n{}", failures.len(), failures.join("\n"));
}
