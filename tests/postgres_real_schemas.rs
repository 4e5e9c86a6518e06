//! Real schemas on a real server: captured, promoted one into the other, with `pg_dump` as the judge.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail loudly")]

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
async fn each_version_becomes_the_next() {
    let cluster = Cluster::shared();
    let live = "live";
    cluster.create_database(live);
    for (name, file) in corpus() {
        let next = format!("next_{name}");
        cluster.create_database(&next);
        cluster.load_file(&next, &file);
        let target = inspect(cluster, &next).await;
        promote(cluster, live, &target).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(difference_of_dumps(&dump(cluster, live), &dump(cluster, &next)), None, "{name}");
    }
}
