//! Real schemas on a real server: captured, promoted one into the other, with `pg_dump` as the judge.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on must fail loudly")]

#[path = "support/postgres.rs"]
mod support;

use std::path::PathBuf;

use schema_sync_test_cluster::Cluster;
use support::{difference_of_dumps, dump, inspect, promote, repository_file};

/// Sakila and the versions of Pagila, in order; each is loaded into a database of its own.
fn corpus() -> Vec<(String, PathBuf)> {
    let folder = repository_file("tests/corpus/real/postgres");
    let mut versions: Vec<PathBuf> =
        std::fs::read_dir(folder.join("pagila")).unwrap().map(|entry| entry.unwrap().path()).collect();
    versions.sort();
    assert_eq!(versions.len(), 20);
    let mut files = vec![("sakila".to_owned(), folder.join("sakila.sql"))];
    for (place, version) in versions.into_iter().enumerate() {
        files.push((format!("pagila_{:02}", place + 1), version));
    }
    files
}

#[tokio::test]
async fn an_empty_database_becomes_each_version() {
    let cluster = Cluster::shared();
    for (name, file) in corpus() {
        let (loaded, empty) = (format!("loaded_{name}"), format!("empty_{name}"));
        cluster.create_database(&loaded);
        cluster.load_file(&loaded, &file);
        cluster.create_database(&empty);
        let target = inspect(cluster, &loaded).await;
        let outcome = promote(cluster, &empty, &target).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(outcome.applied(), "{name}");
        assert_eq!(difference_of_dumps(&dump(cluster, &empty), &dump(cluster, &loaded)), None, "{name}");
        assert_eq!(inspect(cluster, &empty).await.hash(), target.hash(), "{name}");
    }
}

#[tokio::test]
async fn each_version_becomes_the_next_and_the_one_before() {
    let cluster = Cluster::shared();
    let live = "live";
    cluster.create_database(live);
    let mut names = Vec::new();
    for (name, file) in corpus() {
        let target = format!("next_{name}");
        cluster.create_database(&target);
        cluster.load_file(&target, &file);
        becomes(cluster, live, &target).await;
        names.push(target);
    }
    for before in names.iter().rev().skip(1) {
        becomes(cluster, live, before).await;
    }
    // From the first straight to the last, and back.
    for end in [&names[1], &names[names.len() - 1], &names[1]] {
        becomes(cluster, live, end).await;
    }
}

/// Promotes a database to what another is, with `pg_dump` as the judge; then nothing is left to do.
async fn becomes(cluster: &Cluster, live: &str, target: &str) {
    let snapshot = inspect(cluster, target).await;
    promote(cluster, live, &snapshot).await.unwrap_or_else(|error| panic!("{target}: {error}"));
    assert_eq!(difference_of_dumps(&dump(cluster, live), &dump(cluster, target)), None, "{target}");
    let again = promote(cluster, live, &snapshot).await.unwrap_or_else(|error| panic!("{target}: {error}"));
    assert!(again.already_in_sync(), "{target}");
}
