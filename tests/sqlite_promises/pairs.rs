//! Generated pairs, each way, without rows and with rows.

use fastrand::Rng;
use schema_sync::adapter::DatabaseAdapter;
use schema_sync::sqlite::SqliteAdapter;

use crate::generate::schema;
use crate::sqlite_support::{Outcome, check_promotion, fast_folder, runtime};

const PAIRS: u64 = 1000;
const THREADS: u64 = 2;
/// What rows may stop: before anything runs, or, for foreign keys alone, before COMMIT.
const REFUSALS: [&str; 2] = ["does not pass the plan's checks", "rows would refer to nothing"];

#[test]
fn generated_schemas_become_each_other() -> Outcome {
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            std::thread::spawn(move || {
                let seeds = (thread..PAIRS).step_by(THREADS as usize);
                seeds.map(|seed| refusals(seed).map_err(|error| error.to_string())).sum::<Result<u64, String>>()
            })
        })
        .collect();
    let mut refused = 0;
    for thread in threads {
        refused += thread.join().map_err(|_| "a thread panicked")??;
    }
    assert!(refused < PAIRS, "{refused} of {} promotions were refused because of rows: too many", 2 * PAIRS);
    Ok(())
}

/// Promotes the two schemas of a seed into each other; how many of the two ways the rows stopped.
fn refusals(seed: u64) -> Outcome<u64> {
    let runtime = runtime()?;
    let mut rng = Rng::with_seed(seed);
    let (a, b) = (schema(&mut rng), schema(&mut rng));
    let mut refused = 0;
    for (way, from, to) in [("there", &a, &b), ("back", &b, &a)] {
        let folder = fast_folder()?;
        let name = format!("seed-{seed}-{way}");
        let rows = from.rows.join(";\n");
        let outcome = runtime.block_on(check_promotion(folder.path(), &name, &from.sql(), &to.sql(), &rows));
        match outcome {
            Err(error) if REFUSALS.iter().any(|refusal| error.to_string().contains(refusal)) => {
                refused += 1;
                // What rows stopped goes through without them.
                let name = format!("{name}-empty");
                runtime.block_on(check_promotion(folder.path(), &name, &from.sql(), &to.sql(), ""))?;
            }
            outcome => {
                outcome.map_err(|error| format!("{error}\nfrom: {}\nto: {}\nrows: {rows}", from.sql(), to.sql()))?
            }
        }
    }
    Ok(refused)
}

#[test]
fn the_order_of_making_means_nothing() -> Outcome {
    let runtime = runtime()?;
    let adapter = SqliteAdapter::new("x", &[])?;
    for seed in 0..PAIRS / 4 {
        let mut rng = Rng::with_seed(seed);
        let schema = schema(&mut rng);
        let one = runtime.block_on(adapter.inspect_sql(&schema.sql(), "one"))?;
        let other = runtime.block_on(adapter.inspect_sql(&schema.shuffled(&mut rng), "other"))?;
        assert_eq!(one.hash(), other.hash(), "seed {seed}: {}", schema.sql());
    }
    Ok(())
}
