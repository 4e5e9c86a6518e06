//! Every pair of schemas of the corpus, both ways: plan and execute give the target, the second plan is empty, SQLite's
//! own description agrees, and the rows are kept.

mod sqlite_support;

use std::path::Path;

use sqlite_support::{Outcome, check_promotion, fast_folder, runtime};

#[test]
fn every_pair_becomes_the_other() -> Outcome {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/sqlite");
    let mut failures = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(corpus)? {
        let pair = entry?.path();
        let name = pair.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let read = |file: &str| std::fs::read_to_string(pair.join(file));
        let (a, b) = (read("a.sql")?, read("b.sql")?);
        let seed = read("seed.sql").unwrap_or_default();
        let seed_b = read("seed_b.sql").unwrap_or_default();
        let folder = fast_folder()?;
        let runtime = runtime()?;
        for (way, from, to, seed) in [("a to b", &a, &b, &seed), ("b to a", &b, &a, &seed_b)] {
            let name = format!("{name} {way}");
            if let Err(error) = runtime.block_on(check_promotion(folder.path(), &name, from, to, seed)) {
                failures.push(error.to_string());
            }
        }
        count += 1;
    }
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n\n"));
    assert!(count >= 40, "only {count} pairs were found");
    Ok(())
}
