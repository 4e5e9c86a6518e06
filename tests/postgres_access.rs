//! Owners and privileges on a real server; `pg_dump` is the judge, and here it tells owners and privileges as well.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail loudly")]

#[path = "support/postgres.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use std::path::{Path, PathBuf};
use std::sync::Once;

use schema_sync_test_cluster::Cluster;
use support::{difference_of_dumps, dump_with, inspect, promote, repository_file};

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

fn load(database: &str, files: &[PathBuf]) {
    cluster().create_database(database);
    for file in files {
        let sql = std::fs::read_to_string(file).unwrap();
        cluster().try_psql(database, &sql).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
}

/// Owners and privileges that nobody looked at: `access.sql` sets them on what both sides have, and each way keeps them.
#[tokio::test]
async fn what_is_replaced_keeps_its_owner_and_its_privileges() {
    let mut failures = Vec::new();
    for pair in pairs_of("tests/corpus/postgres-kept") {
        let name = name_of(&pair);
        let database = |part: &str| format!("kept_{}_{part}", name.replace('-', "_"));
        let [plain_a, plain_b, a, b, live] = ["plain_a", "plain_b", "a", "b", "live"].map(database);
        let file = |file: &str| pair.join(file);
        for (database, side) in [(&plain_a, "a.sql"), (&plain_b, "b.sql")] {
            load(database, &[file(side)]);
        }
        for (database, side) in [(&a, "a.sql"), (&b, "b.sql"), (&live, "a.sql")] {
            load(database, &[file(side), file("access.sql")]);
        }
        for (way, target, expected) in [("a to b", &plain_b, &b), ("b to a", &plain_a, &a)] {
            let target = inspect(cluster(), target).await;
            if let Err(error) = promote(cluster(), &live, &target).await {
                failures.push(format!("{name}, {way}: {error}"));
                break;
            }
            let dumps = [&live, expected].map(|database| dump_with(cluster(), database, &[]));
            failures.extend(difference_of_dumps(&dumps[0], &dumps[1]).map(|what| format!("{name}, {way}: {what}")));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}
