//! What `pg_dump` writes of a schema and `psql` makes of that is the same schema: the order in which things were made,
//! and by which statements, does not show in a snapshot.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail loudly")]

#[path = "support/needs.rs"]
mod needs;
#[path = "support/postgres.rs"]
#[expect(dead_code, reason = "shared by several test files, each of which uses a part")]
mod support;

use std::path::{Path, PathBuf};

use schema_sync::store::{Object, SchemaSnapshot};
use schema_sync_test_cluster::Cluster;
use support::{inspect, repository_file};

const WORKERS: usize = 3;

#[test]
#[ignore = "some minutes: run it by hand after changes to how the catalogue is read"]
fn a_restored_schema_has_the_same_snapshot() {
    let folder = repository_file("tests/corpus/postgres");
    let mut pairs: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let wanted = std::env::var("SCHEMA_SYNC_TEST_PAIR").unwrap_or_default();
    pairs.retain(|pair| pair.to_string_lossy().contains(&wanted));
    pairs.retain(|pair| Cluster::shared().major_version() >= needs::least_version(pair));
    pairs.sort();
    let files: Vec<PathBuf> = pairs.iter().flat_map(|pair| [pair.join("a.sql"), pair.join("b.sql")]).collect();
    let failures: Vec<String> = std::thread::scope(|scope| {
        let check = |worker: usize| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let own = files.iter().enumerate().skip(worker).step_by(WORKERS);
            own.filter_map(|(place, file)| runtime.block_on(check(place, file)).err()).collect::<Vec<_>>()
        };
        let threads: Vec<_> = (0..WORKERS).map(|worker| scope.spawn(move || check(worker))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(failures.is_empty(), "{} of {} failed:\n\n{}", failures.len(), files.len(), failures.join("\n\n"));
}

async fn check(place: usize, file: &Path) -> Result<(), String> {
    let cluster = Cluster::shared();
    let [made, restored] = ["made", "restored"].map(|part| format!("{part}_{place}"));
    cluster.create_database(&made);
    cluster.create_database(&restored);
    cluster.load_file(&made, file);
    let text = cluster.pg_dump(&made, &["--schema-only"]).replace("CREATE SCHEMA public;", "");
    let wrong = |what: String| format!("{}: {what}", file.display());
    cluster.try_psql(&restored, &text).map_err(wrong)?;
    let (before, after) = (inspect(cluster, &made).await, inspect(cluster, &restored).await);
    for [left, right] in [[&before, &after], [&after, &before]] {
        let differs = |object: &&Object| right.get(&object.id).map(without_order) != Some(without_order(object));
        if let Some(object) = left.objects().iter().find(differs) {
            return Err(wrong(format!("{object:?}\nis restored as\n{:?}", other(right, object))));
        }
    }
    Ok(())
}

fn other<'a>(snapshot: &'a SchemaSnapshot, object: &Object) -> Option<&'a Object> {
    snapshot.get(&object.id)
}

/// The order of columns does not count, and `pg_dump` keeps it but among those that come from parents.
fn without_order(object: &Object) -> Object {
    let mut object = object.clone();
    if object.id.kind == "table" {
        object.attributes.remove("columns");
    }
    object
}
