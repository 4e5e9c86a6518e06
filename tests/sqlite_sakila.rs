//! The Sakila example database, whole: it loads, its snapshot is stable, and an empty file is promoted to it.

mod sqlite_support;

use schema_sync::adapter::DatabaseAdapter;
use schema_sync::sqlite::SqliteAdapter;
use sqlite_support::{Outcome, check_promotion, fast_folder, inspect, make_file, runtime};

const SAKILA: &str = include_str!("corpus/sakila/sqlite.sql");

#[test]
fn an_empty_file_becomes_sakila_and_back() -> Outcome {
    let folder = fast_folder()?;
    let runtime = runtime()?;
    runtime.block_on(check_promotion(folder.path(), "to", "", SAKILA, ""))?;
    runtime.block_on(check_promotion(folder.path(), "back", SAKILA, "", ""))
}

#[test]
fn a_script_and_a_file_made_from_it_have_one_hash() -> Outcome {
    let folder = fast_folder()?;
    let runtime = runtime()?;
    let (adapter, tenant) = make_file(folder.path(), "sakila", SAKILA)?;
    let live = runtime.block_on(inspect(&adapter, &tenant))?;
    let script = runtime.block_on(SqliteAdapter::new("x", &[])?.inspect_sql(SAKILA, "sakila.sql"))?;
    assert_eq!(live.hash(), script.hash());
    assert_eq!(live.of_kind("table").count(), 16);
    assert_eq!(live.of_kind("view").count(), 5);
    assert_eq!(live.of_kind("foreign_key").count(), 22);
    Ok(())
}
