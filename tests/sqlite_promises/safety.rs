//! Rows that would be lost or would not fit, files that are not what they should be, locks that others hold.

use std::time::Duration;

use rusqlite::Connection;
use schema_sync::adapter::{AdapterError, DatabaseAdapter, Location, TenantContext};
use schema_sync::plan::{HazardKind, Policy};
use schema_sync::sqlite::SqliteAdapter;

use crate::sqlite_support::{Outcome, fast_folder, inspect, make_file, path_of, plan, promote, runtime};

/// Promotes `from` with these rows to `to`; the file afterwards, or what stopped it.
fn promoted(from: &str, to: &str) -> Outcome<(tempfile::TempDir, Connection, Option<String>)> {
    let folder = fast_folder()?;
    let runtime = runtime()?;
    let (adapter, tenant) = make_file(folder.path(), "tenant", from)?;
    let before = runtime.block_on(inspect(&adapter, &tenant))?;
    let target = runtime.block_on(adapter.inspect_sql(to, "target.sql"))?;
    let stopped = runtime.block_on(promote(&adapter, &tenant, &target)).err().map(|error| error.to_string());
    let after = runtime.block_on(inspect(&adapter, &tenant))?;
    assert_eq!(stopped.is_some(), after.hash() == before.hash(), "stopped means untouched: {stopped:?}");
    Ok((folder, Connection::open(path_of(&tenant)?)?, stopped))
}

#[test]
fn rows_that_do_not_fit_are_found_before_anything_runs() -> Outcome {
    let t = "CREATE TABLE t (a INT, b TEXT);";
    for (from, to, named) in [
        (
            format!("{t} INSERT INTO t VALUES (1, 'x')"),
            "CREATE TABLE t (a INT, b TEXT, c INT NOT NULL)",
            "without a default",
        ),
        (
            format!("{t} INSERT INTO t VALUES (NULL, 'x')"),
            "CREATE TABLE t (a INT NOT NULL, b TEXT)",
            "rows have NULL there",
        ),
        (
            format!("{t} INSERT INTO t VALUES (1, 'x'), (1, 'y')"),
            "CREATE TABLE t (a INT UNIQUE, b TEXT)",
            "unique constraint would forbid",
        ),
        (
            format!("{t} INSERT INTO t VALUES (1, 'x'), (1, 'y')"),
            "CREATE TABLE t (a INT PRIMARY KEY, b TEXT)",
            "primary key would forbid",
        ),
        (
            format!("{t} INSERT INTO t VALUES (1, 'x'), (2, 'X')"),
            "CREATE TABLE t (a INT, b TEXT UNIQUE COLLATE NOCASE)",
            "equal in (b)",
        ),
        (
            format!("{t} INSERT INTO t VALUES (1, 'x'), (1, 'y')"),
            "CREATE TABLE t (a INT, b TEXT); CREATE UNIQUE INDEX i ON t (a)",
            "would forbid rows",
        ),
        (
            format!("{t} INSERT INTO t VALUES (-1, 'x')"),
            "CREATE TABLE t (a INT CHECK (a > 0), b TEXT)",
            "break CHECK (a > 0)",
        ),
        (
            format!("{t} INSERT INTO t VALUES ('word', 'x')"),
            "CREATE TABLE t (a INT, b TEXT) STRICT",
            "strict type does not take",
        ),
        (
            format!("{t} INSERT INTO t VALUES (NULL, 'x')"),
            "CREATE TABLE t (a INT PRIMARY KEY, b TEXT) WITHOUT ROWID",
            "takes no NULL",
        ),
        (
            format!("{t} INSERT INTO t VALUES ('word', 'x')"),
            "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)",
            "takes integers only",
        ),
        (
            format!("{t} CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (7, 'x')"),
            "CREATE TABLE t (a INT REFERENCES p (id), b TEXT); CREATE TABLE p (id INTEGER PRIMARY KEY)",
            "refer to nothing in p",
        ),
    ] {
        let (_folder, _connection, stopped) = promoted(&from, to)?;
        let stopped = stopped.unwrap_or_default();
        assert!(stopped.contains("does not pass the plan's checks") && stopped.contains(named), "{to}: {stopped}");
    }
    Ok(())
}

#[test]
fn references_that_a_change_breaks_stop_it_before_commit() -> Outcome {
    let from = "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p INT REFERENCES p (id));
                INSERT INTO p VALUES (1); INSERT INTO c VALUES (1)";
    let (_folder, connection, stopped) = promoted(from, "CREATE TABLE c (p INT REFERENCES p (id))")?;
    assert!(stopped.unwrap_or_default().contains("rows would refer to nothing"));
    assert_eq!(connection.query_row("SELECT count(*) FROM p, c", [], |row| row.get::<_, i64>(0))?, 1);
    Ok(())
}

#[test]
fn a_rebuilt_parent_takes_no_children_along_and_counters_go_on() -> Outcome {
    let from = "CREATE TABLE p (id INTEGER PRIMARY KEY AUTOINCREMENT, a INT);
                CREATE TABLE c (p INT REFERENCES p (id) ON DELETE CASCADE);
                INSERT INTO p VALUES (1, 1), (500, 2); DELETE FROM p WHERE id = 500; INSERT INTO c VALUES (1)";
    let to = "CREATE TABLE p (id INTEGER PRIMARY KEY AUTOINCREMENT, a INT CHECK (a > 0));
              CREATE TABLE c (p INT REFERENCES p (id) ON DELETE CASCADE)";
    let (_folder, connection, stopped) = promoted(from, to)?;
    assert_eq!(stopped, None);
    assert_eq!(connection.query_row("SELECT count(*) FROM c", [], |row| row.get::<_, i64>(0))?, 1);
    connection.execute_batch("INSERT INTO p (a) VALUES (3)")?;
    assert_eq!(connection.query_row("SELECT max(id) FROM p", [], |row| row.get::<_, i64>(0))?, 501);
    Ok(())
}

#[test]
fn conflict_clauses_leave_no_row_out() -> Outcome {
    let from = "CREATE TABLE t (a INT, b INT); INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)";
    let to =
        "CREATE TABLE t (a INT UNIQUE ON CONFLICT IGNORE, b INT NOT NULL ON CONFLICT REPLACE DEFAULT 0, CHECK (a))";
    let (_folder, connection, stopped) = promoted(from, to)?;
    assert_eq!(stopped, None);
    assert_eq!(connection.query_row("SELECT count(*) FROM t", [], |row| row.get::<_, i64>(0))?, 3);
    Ok(())
}

#[test]
fn what_loses_rows_is_refused_until_it_is_allowed() -> Outcome {
    let runtime = runtime()?;
    let adapter = SqliteAdapter::new("x", &[])?;
    let load = |sql: &str| runtime.block_on(adapter.inspect_sql(sql, "test.sql"));
    for (from, to, lost) in [
        ("CREATE TABLE t (a); CREATE TABLE u (a)", "CREATE TABLE t (a)", "u"),
        ("CREATE TABLE t (a, b)", "CREATE TABLE t (a)", "t.b"),
        ("CREATE TABLE t (a, b UNIQUE)", "CREATE TABLE t (a)", "t.b"),
        ("CREATE TABLE t (a, b)", "CREATE TABLE t (a, c, d)", "t.b"),
        ("CREATE TABLE t (a TEXT)", "CREATE TABLE t (a INT)", "t.a"),
        ("CREATE VIRTUAL TABLE f USING fts5(a)", "", "f"),
        ("CREATE TABLE t (a, b)", "CREATE TABLE t (a, b AS (a + 1))", "t.b"),
    ] {
        let plan = plan(&load(from)?, &load(to)?)?;
        let refusal = Policy::default().check(&plan).err().ok_or(format!("{from} -> {to} was not refused"))?;
        let named: Vec<String> = refusal.hazards.iter().map(|hazard| hazard.object.dotted()).collect();
        assert_eq!(named, [lost], "{from} -> {to}");
    }
    let safe = plan(&load("CREATE TABLE t (a VARCHAR(5), v AS (a))")?, &load("CREATE TABLE t (a TEXT)")?)?;
    assert!(safe.hazards().all(|hazard| hazard.kind != HazardKind::DataLoss), "{safe:?}");
    Ok(())
}

#[test]
fn files_that_are_no_tenants_say_so_and_are_never_made() -> Outcome {
    let folder = fast_folder()?;
    let runtime = runtime()?;
    let path = folder.path().join("missing.db");
    let adapter = SqliteAdapter::new(&path.to_string_lossy(), &[])?;
    let missing = TenantContext::new("missing", Location::File(path.clone()));
    let error = runtime.block_on(adapter.inspector().inspect_schema(&missing));
    assert!(matches!(error, Err(AdapterError::TenantMissing { .. })), "{error:?}");
    let error = runtime.block_on(adapter.migration_runner().acquire_lock(&missing, Duration::ZERO));
    assert!(matches!(error, Err(AdapterError::TenantMissing { .. })));
    assert!(!path.exists(), "opening must not make a file");
    std::fs::write(&path, "this is a text, and rather a long one, so that it has room for a header of its own")?;
    let error = runtime.block_on(adapter.inspector().inspect_schema(&missing)).err().map(|error| error.to_string());
    assert!(
        error.as_ref().is_some_and(|error| error.contains("not a SQLite database, or it is encrypted")),
        "{error:?}"
    );
    Ok(())
}

#[test]
fn a_lock_that_another_holds_is_waited_for_and_then_given_up() -> Outcome {
    let folder = fast_folder()?;
    let runtime = runtime()?;
    let (adapter, tenant) = make_file(folder.path(), "tenant", "CREATE TABLE t (a)")?;
    let runner = adapter.migration_runner();
    let held = runtime.block_on(runner.acquire_lock(&tenant, Duration::ZERO))?;
    let error = runtime.block_on(runner.acquire_lock(&tenant, Duration::from_millis(50)));
    assert!(matches!(error, Err(AdapterError::LockTimeout { waited_ms, .. }) if waited_ms >= 50));
    drop(held);
    let again = runtime.block_on(runner.acquire_lock(&tenant, Duration::from_secs(2)))?;
    runtime.block_on(again.release())?;
    Ok(())
}

#[test]
fn a_guard_that_is_dropped_leaves_the_tenant_as_it_was() -> Outcome {
    let folder = fast_folder()?;
    let runtime = runtime()?;
    let (adapter, tenant) = make_file(folder.path(), "tenant", "CREATE TABLE t (a)")?;
    let before = runtime.block_on(inspect(&adapter, &tenant))?;
    runtime.block_on(async {
        let mut lock = adapter.migration_runner().acquire_lock(&tenant, Duration::ZERO).await?;
        lock.begin().await?;
        lock.execute(&["DROP TABLE t", "CREATE TABLE u (b)"]).await?;
        assert_ne!(lock.inspect().await?.hash(), before.hash(), "the guard sees what was done on it");
        Ok::<(), AdapterError>(())
    })?;
    assert_eq!(runtime.block_on(inspect(&adapter, &tenant))?.hash(), before.hash());
    Ok(())
}

#[test]
fn what_no_kind_models_is_seen_and_never_touched() -> Outcome {
    let folder = fast_folder()?;
    let runtime = runtime()?;
    let (adapter, tenant) = make_file(folder.path(), "tenant", "CREATE TABLE t (a)")?;
    let connection = Connection::open(path_of(&tenant)?)?;
    connection.execute_batch(
        "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema VALUES \
         ('table', 'v', 'v', 0, 'CREATE VIRTUAL TABLE v USING nowhere(a, b)'); PRAGMA writable_schema = RESET",
    )?;
    drop(connection);
    let live = runtime.block_on(inspect(&adapter, &tenant))?;
    assert_eq!(live.of_kind("unmodelled").map(|object| object.id.dotted()).collect::<Vec<_>>(), ["v"]);
    let target = runtime.block_on(adapter.inspect_sql("CREATE TABLE t (a)", "target.sql"))?;
    let error = plan(&live, &target).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(error.contains("not modelled") && error.contains("v"), "{error}");
    Ok(())
}
