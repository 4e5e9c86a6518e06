//! Made-up pairs of schemas, both ways, with rows: what is planned and run gives the target, nothing is left to do, rows
//! are kept where nothing says that they are lost, and the order in which a schema was made does not show.
//!
//! A pair follows from its seed. `SCHEMA_SYNC_TEST_SEEDS=100..200,512` checks these pairs and no others, and
//! `SCHEMA_SYNC_TEST_DUMP_EVERY=1` asks `pg_dump` about each. Failures are made smaller; the smallest pair of each sort
//! is in the message and, as `SEED/a.sql` and `SEED/b.sql`, in the folder that the message names.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail loudly")]
#![expect(clippy::print_stderr, reason = "what is found is told at once")]

mod choices;
mod judge;
mod made;
mod script;
mod shrink;

#[expect(dead_code, reason = "other tests use the rest")]
#[path = "../support/postgres.rs"]
mod support;

#[expect(dead_code, reason = "other tests use the rest")]
#[path = "../support/rows.rs"]
mod rows;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use choices::Origin;
use judge::{Judge, Pair, Verdict};
use schema_sync_test_cluster::Cluster;

const PAIRS: u64 = 2_000;
const WORKERS: usize = 3;
/// For how many seconds a failing pair is made smaller; `SCHEMA_SYNC_TEST_SHRINK` says another number.
const SHRINK_SECONDS: u64 = 30;
/// Statements whose parts do not go together are left out; so many of a thousand may be.
const LEFT_OUT: usize = 20;
/// So many of a hundred pairs may be refused.
const REFUSED: usize = 3;

/// What all workers found.
#[derive(Default)]
struct Found {
    /// For each sort of failure the seeds, and the smallest pair as text.
    failures: Mutex<BTreeMap<String, (Vec<u64>, String)>>,
    refused: AtomicUsize,
    statements: AtomicUsize,
    left_out: Mutex<Vec<String>>,
}

fn seeds() -> Vec<u64> {
    let Ok(given) = std::env::var("SCHEMA_SYNC_TEST_SEEDS") else { return (0..PAIRS).collect() };
    let range = |part: &str| -> Range<u64> {
        let first = |text: &str| text.parse::<u64>().unwrap();
        part.split_once("..").map_or_else(|| first(part)..first(part) + 1, |(from, to)| first(from)..first(to))
    };
    given.split(',').flat_map(range).collect()
}

fn shrink_time() -> Duration {
    let given = std::env::var("SCHEMA_SYNC_TEST_SHRINK").ok();
    Duration::from_secs(given.map_or(SHRINK_SECONDS, |given| given.parse().unwrap()))
}

#[test]
fn made_up_schemas_become_each_other() {
    let cluster = Cluster::shared();
    cluster.psql("postgres", "CREATE ROLE fuzz_reader");
    let (seeds, found) = (seeds(), Found::default());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for worker in 0..WORKERS {
            let (seeds, found, next) = (&seeds, &found, &next);
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(work(cluster, worker, seeds, next, found));
            });
        }
    });
    let (count, refused) = (seeds.len(), found.refused.into_inner());
    let (failures, left_out) = (found.failures.into_inner().unwrap(), found.left_out.into_inner().unwrap());
    let failed: usize = failures.values().map(|(seeds, _)| seeds.len()).sum();
    let statements = found.statements.into_inner();
    let figures = format!(
        "{count} pairs of {statements} statements: {failed} failed in {} ways, {refused} refused, {} statements left out",
        failures.len(),
        left_out.len()
    );
    eprintln!("{figures}");
    if std::env::var_os("SCHEMA_SYNC_TEST_LEFT_OUT").is_some() {
        eprintln!("{}", left_out.join("\n"));
    }
    let texts: Vec<String> =
        failures.into_iter().map(|(class, (seeds, text))| format!("=== {class}\nseeds {seeds:?}\n{text}")).collect();
    assert!(texts.is_empty(), "{figures}\n\n{}", texts.join("\n\n"));
    assert!(left_out.len() * 1000 <= statements * LEFT_OUT, "{figures}\n{}", left_out.join("\n"));
    assert!(refused * 100 <= count * REFUSED, "{figures}");
}

async fn work(cluster: &'static Cluster, worker: usize, seeds: &[u64], next: &AtomicUsize, found: &Found) {
    let mut judge = Judge::new(cluster, worker).await;
    if let Ok(every) = std::env::var("SCHEMA_SYNC_TEST_DUMP_EVERY") {
        judge.dump_every = every.parse().unwrap();
    }
    while let Some(&seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
        let origin = Origin::new(seed);
        let pair = judge.check(&origin).await;
        let class = match &pair.result {
            Ok(Verdict::Converged) => continue,
            Ok(Verdict::Refused) => {
                found.refused.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            Err(wrong) => wrong.class.clone(),
        };
        eprintln!("seed {seed}: {class}");
        let is_new = {
            let mut failures = found.failures.lock().unwrap();
            let (seeds, _) = failures.entry(class.clone()).or_default();
            seeds.push(seed);
            seeds.len() == 1
        };
        if is_new {
            let (statements, left_out) = (judge.statements, judge.left_out.len());
            let (_, smallest) = shrink::shrink(&mut judge, origin, pair, shrink_time()).await;
            (judge.statements, _) = (statements, judge.left_out.truncate(left_out));
            let text = written(seed, &smallest);
            found.failures.lock().unwrap().entry(class).or_default().1 = text;
        }
    }
    found.statements.fetch_add(judge.statements, Ordering::Relaxed);
    found.left_out.lock().unwrap().append(&mut judge.left_out);
}

/// Writes a failing pair into files; answers what is wrong with it and the pair itself.
fn written(seed: u64, pair: &Pair) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("pairs/{seed}"));
    std::fs::create_dir_all(&folder).unwrap();
    let [a, b] = pair.sides.each_ref().map(|side| side.sql());
    std::fs::write(folder.join("a.sql"), &a).unwrap();
    std::fs::write(folder.join("b.sql"), &b).unwrap();
    let wrong = pair.result.as_ref().err().map(|wrong| wrong.text.clone()).unwrap_or_default();
    format!("{wrong}\n--- {}/a.sql\n{a}--- b.sql\n{b}", folder.display())
}
