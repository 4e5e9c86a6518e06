//! Pairs of schemas on a real server: each becomes the other and comes back, with rows in it, and `pg_dump` is the judge.
//!
//! A pair is a folder: `a.sql`, `b.sql`, and where rows matter `seed.sql`, which fills what `a.sql` makes. `losses.txt`
//! lists what the plans may lose, a line each: the way, and the object that the hazard is on. Everything else is kept.
//! `needs.txt` has the oldest major version that can hold the pair, where not every supported one can.
//!
//! Pairs that are not in the repository are judged alike, but for what they lose: `SCHEMA_SYNC_TEST_PAIRS=FOLDER cargo test
//! --test postgres_pairs -- --ignored`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail loudly")]
#![expect(clippy::print_stdout, reason = "how many pairs the server can hold, and what is lost, is told")]

#[path = "support/postgres.rs"]
mod support;

#[path = "support/needs.rs"]
mod needs;

#[expect(dead_code, reason = "other tests use the rest")]
#[path = "support/rows.rs"]
mod rows;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use needs::least_version;
use rows::Rows;
use schema_sync::engine::SyncState;
use schema_sync::plan::HazardKind;
use schema_sync::store::SchemaSnapshot;
use schema_sync_test_cluster::Cluster;
use support::{difference_of_dumps, dump, inspect, promote, repository_file};

/// Ways that are refused: the pair, the way, and what the refusal must say. No statement runs before a refusal.
const REFUSED: &[(&str, &str, &str)] = &[
    // The server offers ways up only, and an index needs it.
    ("extension-version", "b to a", "extension pg_trgm: the server has no way to bring extension pg_trgm"),
    // It could not be told from one that is missing.
    ("composite-value-with-a-json-null", "a to b", "t1 has values in c that would not come back as they are"),
];

const WORKERS: usize = 3;

#[test]
fn every_pair_becomes_the_other_and_comes_back() {
    let count = check_folder(&repository_file("tests/corpus/postgres"), "pair", Expected::Listed(REFUSED));
    assert!(count >= 60, "only {count} pairs were found");
}

#[test]
fn every_real_pair_becomes_the_other_and_comes_back() {
    Cluster::shared().psql("postgres", "CREATE ROLE schemainspect_test_role");
    let count = check_folder(&repository_file("tests/corpus/real/postgres-pairs"), "real", Expected::Listed(&[]));
    assert_eq!(count, 26);
}

#[test]
#[ignore = "SCHEMA_SYNC_TEST_PAIRS names a folder of pairs"]
fn every_pair_of_another_folder_becomes_the_other_and_comes_back() {
    let folder = std::env::var("SCHEMA_SYNC_TEST_PAIRS").unwrap();
    check_folder(Path::new(&folder), "own", Expected::NoRefusal);
}

/// What a folder says of its pairs.
#[derive(Clone, Copy)]
enum Expected {
    /// These ways are refused, and each pair lists its losses.
    Listed(&'static [(&'static str, &'static str, &'static str)]),
    /// Nothing is refused; what is lost is told and not judged.
    NoRefusal,
}

/// Checks all pairs of a folder, some at a time; fails with all that is wrong, and returns how many there are.
fn check_folder(folder: &Path, prefix: &str, expected: Expected) -> usize {
    let wanted = std::env::var("SCHEMA_SYNC_TEST_PAIR").ok();
    let mut pairs: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    pairs.sort();
    let count = pairs.len();
    let version = Cluster::shared().major_version();
    pairs.retain(|pair| least_version(pair) <= version);
    let able = pairs.len();
    println!("PostgreSQL {version} can hold {able} of {count} pairs of {}", folder.display());
    let is_wanted = |name: &str, wanted: &String| wanted.split(',').any(|part| name.contains(part));
    pairs.retain(|pair| wanted.as_ref().is_none_or(|wanted| is_wanted(&name_of(pair), wanted)));
    let failures: Vec<String> = std::thread::scope(|scope| {
        let check = |chunk: &[PathBuf]| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let check_one = |pair: &PathBuf| runtime.block_on(check_pair(pair, prefix, expected)).err();
            chunk.iter().filter_map(check_one).collect::<Vec<_>>()
        };
        let chunks = pairs.chunks(pairs.len().div_ceil(WORKERS).max(1));
        let threads: Vec<_> = chunks.map(|chunk| scope.spawn(move || check(chunk))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(failures.is_empty(), "{} of {count} pairs failed:\n\n{}", failures.len(), failures.join("\n\n"));
    count
}

fn name_of(pair: &Path) -> String {
    pair.file_name().unwrap().to_string_lossy().into_owned()
}

/// One way of a pair.
struct Way<'a> {
    name: String,
    live: &'a str,
    /// The database that was made from the SQL that the live one must become.
    target: &'a str,
    refusal: Option<&'a str>,
}

/// Loads both sides, then leads a third database from `a` to `b` and back. Where one way is refused, the other is tried
/// on a database of its own.
async fn check_pair(pair: &Path, prefix: &str, expected: Expected) -> Result<(), String> {
    let cluster = Cluster::shared();
    let name = name_of(pair);
    let database = |part: &str| format!("{prefix}_{}_{part}", name.replace('-', "_"));
    let [a, b, live] = ["a", "b", "live"].map(database);
    for (database, file) in [(&a, "a.sql"), (&b, "b.sql"), (&live, "a.sql")] {
        load(cluster, database, &pair.join(file))?;
    }
    let seed = std::fs::read_to_string(pair.join("seed.sql")).unwrap_or_default();
    cluster.try_psql(&live, &seed).map_err(|error| format!("{name}, seed: {error}"))?;
    let refusal = |way: &str| {
        let Expected::Listed(refused) = expected else { return None };
        let found = refused.iter().find(|(pair, refused_way, _)| *pair == name && *refused_way == way);
        found.map(|(_, _, reason)| *reason)
    };
    let mut losses = String::new();
    let ways = [("a to b", &b), ("b to a", &a)];
    let mut live = live;
    for (way, target) in ways {
        let refusal = refusal(way);
        let checked = Way { name: format!("{name}, {way}"), live: &live, target, refusal };
        for loss in check_way(cluster, &checked).await? {
            writeln!(losses, "{way}: {loss}").unwrap();
        }
        if refusal.is_some() && *target == b {
            live = database("back");
            load(cluster, &live, &pair.join("b.sql"))?;
        }
    }
    if matches!(expected, Expected::NoRefusal) {
        print!("{name} loses\n{losses}");
        return Ok(());
    }
    let listed = std::fs::read_to_string(pair.join("losses.txt")).unwrap_or_default();
    if losses == listed {
        return Ok(());
    }
    Err(format!("{name}: expected these losses:\n{listed}but the plans have\n{losses}"))
}

fn load(cluster: &Cluster, database: &str, file: &Path) -> Result<(), String> {
    cluster.create_database(database);
    let sql = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    cluster.try_psql(database, &sql).map(drop).map_err(|error| format!("{}: {error}", file.display()))
}

/// Promotes and judges; answers the objects that the plan calls lost.
async fn check_way(cluster: &Cluster, way: &Way<'_>) -> Result<Vec<String>, String> {
    let before = inspect(cluster, way.live).await;
    let target = inspect(cluster, way.target).await;
    let rows = Rows::read(cluster, way.live, "public", &before);
    let outcome = match (promote(cluster, way.live, &target).await, way.refusal) {
        (Err(error), Some(reason)) if error.contains(reason) => return Ok(Vec::new()),
        (Err(error), _) => return Err(format!("{}: {error}", way.name)),
        (Ok(_), Some(reason)) => return Err(format!("{}: should be refused: {reason}", way.name)),
        (Ok(outcome), None) => outcome,
    };
    let plan = outcome.plan.map(|plan| (*plan).clone());
    let statements = || plan.iter().flat_map(|plan| plan.statements()).collect::<Vec<_>>().join(";\n");
    let wrong = |what: String| Err(format!("{}: {what}\nthe plan was\n{}", way.name, statements()));
    if let Some(difference) = difference_of_dumps(&dump(cluster, way.live), &dump(cluster, way.target)) {
        return wrong(difference);
    }
    match promote(cluster, way.live, &target).await {
        Ok(second) if second.state == SyncState::AlreadyInSync => {}
        Ok(second) => return wrong(format!("the second plan is not empty: {:?}", second.diff)),
        Err(error) => return wrong(format!("the second promotion fails: {error}")),
    }
    let hazards = plan.iter().flat_map(|plan| plan.hazards());
    let lost: Vec<_> = hazards.filter(|hazard| hazard.kind == HazardKind::DataLoss).collect();
    let is_lost = |id: &_| lost.iter().any(|hazard| hazard.object == *id);
    let after: SchemaSnapshot = inspect(cluster, way.live).await;
    if let Some(difference) = rows.difference(cluster, way.live, "public", &after, &is_lost) {
        return wrong(difference);
    }
    let mut objects: Vec<String> = lost.iter().map(|hazard| hazard.object.to_string()).collect();
    objects.sort();
    objects.dedup();
    Ok(objects)
}
