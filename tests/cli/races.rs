//! Several processes, and processes that are stopped or killed: every tenant is as before or as promised, never between.

use std::process::{Child, Stdio};
use std::time::Duration;

use crate::fixture::{Ended, Fixture, V1};

const TENANTS: usize = 40;
/// Rows that make a rebuild take long enough to be caught in the middle of it.
const ROWS: &str = "CREATE TABLE big (id INTEGER PRIMARY KEY, value TEXT);\n\
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)\n\
    INSERT INTO big SELECT i, 'value ' || i FROM n;\n";
const TARGET: &str = "CREATE TABLE big (id INTEGER PRIMARY KEY, value TEXT CHECK (value <> ''));";

/// Many tenants that each need a rebuild, and the snapshot to bring them to.
fn fleet() -> (Fixture, Vec<String>) {
    let names: Vec<String> = (0..TENANTS).map(|number| format!("t{number:02}")).collect();
    let tenants: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), ROWS)).collect();
    let fixture = Fixture::with_store(&tenants);
    fixture.write("target.sql", TARGET);
    fixture.run(&["bless", "target.sql"]).ok(0);
    (fixture, names)
}

fn spawn(fixture: &Fixture) -> Child {
    let mut command = fixture.command(&["sync", "--all", "--yes", "--format", "json"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits until at least one tenant is done.
fn wait_for_first(fixture: &Fixture, names: &[String]) {
    for _ in 0..5000 {
        if names.iter().any(|name| is_done(fixture, name)) {
            return;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    panic!("no tenant was ever done");
}

/// Whether the table has its check, told by SQLite itself.
fn is_done(fixture: &Fixture, name: &str) -> bool {
    let sql: Result<String, _> =
        fixture.tenant(name).query_row("SELECT sql FROM sqlite_schema WHERE name = 'big'", [], |row| row.get(0));
    sql.is_ok_and(|sql| sql.contains("CHECK"))
}

/// Asserts that every tenant is as before or as promised, with all of its rows; answers how many are as promised.
fn count_done(fixture: &Fixture, names: &[String]) -> usize {
    let mut done = 0;
    for name in names {
        let connection = fixture.tenant(name);
        let check: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
        assert_eq!((check.as_str(), tables, fixture.rows(name, "big")), ("ok", 1, 20000), "{name}");
        done += usize::from(is_done(fixture, name));
    }
    done
}

#[test]
fn of_two_processes_one_works_and_the_other_says_so() {
    let fixture = Fixture::with_store(&[("acme", ROWS)]);
    fixture.write("target.sql", TARGET);
    fixture.run(&["bless", "target.sql"]).ok(0);
    // The tenant is kept busy until both have looked at it and wait for its lock.
    let busy = fixture.tenant("acme");
    busy.execute_batch("BEGIN IMMEDIATE").unwrap();
    let children = [spawn(&fixture), spawn(&fixture)];
    std::thread::sleep(Duration::from_millis(1500));
    busy.execute_batch("ROLLBACK").unwrap();
    let mut states: Vec<String> = children
        .into_iter()
        .map(|child| {
            let printed = Ended::from(child.wait_with_output().unwrap()).ok(0);
            let report: serde_json::Value = serde_json::from_str(&printed).unwrap();
            report["tenants"][0]["state"].as_str().unwrap().to_owned()
        })
        .collect();
    states.sort();
    assert_eq!(states, ["applied", "synced-by-peer"]);
    assert_eq!(fixture.json(&["log", "tenant:acme"], 0)["entries"].as_array().unwrap().len(), 1);
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_the_rest_alone() {
    let (fixture, names) = fleet();
    let child = spawn(&fixture);
    wait_for_first(&fixture, &names);
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let ended = Ended::from(child.wait_with_output().unwrap());
    assert_eq!(ended.code, 4, "{}", ended.stderr);
    assert!(ended.stderr.contains("left alone"), "{}", ended.stderr);
    let report: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let tenants = report["tenants"].as_array().unwrap();
    let count = |state: &str| tenants.iter().filter(|tenant| tenant["state"] == state).count();
    let done = count_done(&fixture, &names);
    assert_eq!((count("applied"), count("applied") + count("untouched")), (done, TENANTS));
    assert!(done < TENANTS, "it was stopped too late to prove anything");
    fixture.run(&["sync", "--all", "--yes"]).ok(0);
    assert_eq!(count_done(&fixture, &names), TENANTS);
}

#[test]
fn a_killed_process_leaves_every_tenant_whole() {
    let (fixture, names) = fleet();
    let mut child = spawn(&fixture);
    wait_for_first(&fixture, &names);
    child.kill().unwrap();
    child.wait().unwrap();
    let done = count_done(&fixture, &names);
    assert!(done < TENANTS, "it was killed too late to prove anything");
    fixture.run(&["sync", "--all", "--yes"]).ok(0);
    assert_eq!(count_done(&fixture, &names), TENANTS);
    assert!(fixture.run(&["validate", "--all"]).ok(0).contains(&format!("{TENANTS} in sync")));
    // A tenant that was changed and not recorded is put right by the next capture.
    fixture.run(&["capture", "--all"]).ok(0);
    let log = fixture.json(&["log", &format!("tenant:{}", names[0])], 0);
    assert_eq!(log["entries"][0]["snapshot"], fixture.live_hash(&names[0]).as_str());
}

#[test]
fn a_lock_that_is_not_had_is_given_up_in_time() {
    let fixture = Fixture::with_store(&[("acme", V1)]);
    fixture.run(&["bless", "v2.sql"]).ok(0);
    let before = fixture.live_hash("acme");
    let busy = fixture.tenant("acme");
    busy.execute_batch("BEGIN IMMEDIATE").unwrap();
    fixture.run(&["sync", "acme", "--yes", "--lock-timeout", "1"]).fails(4, &["locked", "nothing was changed"]);
    busy.execute_batch("ROLLBACK").unwrap();
    assert_eq!(fixture.live_hash("acme"), before);
}
