//! `store`: checking, copying, cleaning and sending, and what damage looks like.

use rusqlite::Connection;
use serde_json::Value;

use crate::fixture::{Fixture, V1};

/// A store with two tenants that share their first snapshot, a second one of acme, and a ref.
fn fixture() -> Fixture {
    let fixture = Fixture::with_store(&[("acme", V1), ("globex", V1)]);
    fixture.run(&["capture", "--all"]).ok(0);
    fixture.tenant("acme").execute_batch("CREATE TABLE more (x)").unwrap();
    fixture.run(&["capture", "--all"]).ok(0);
    fixture.run(&["bless", "tenant:acme"]).ok(0);
    fixture
}

fn store(fixture: &Fixture) -> Connection {
    Connection::open(fixture.path(".schema-sync/store.db")).unwrap()
}

fn hash(fixture: &Fixture, revision: &str) -> String {
    fixture.json(&["show", revision], 0)["hash"].as_str().unwrap().to_owned()
}

fn damages(report: &Value) -> Vec<&str> {
    report["damages"].as_array().unwrap().iter().map(|damage| damage["what"].as_str().unwrap()).collect()
}

#[test]
fn a_whole_store_is_said_to_be_whole() {
    let fixture = fixture();
    let report = fixture.json(&["store", "check", "--read-data"], 0);
    assert_eq!((&report["whole"], &report["logs"], &report["entries"]), (&true.into(), &3.into(), &4.into()));
    assert_eq!((&report["snapshots"], &report["snapshots_read"]), (&2.into(), &2.into()));
    assert!(fixture.run(&["store", "check"]).ok(0).contains("no damage"));
}

#[test]
fn every_damage_is_found_and_hides_no_other() {
    let fixture = fixture();
    let (first, second) = (hash(&fixture, "tenant:globex"), hash(&fixture, "tenant:acme"));
    let store = store(&fixture);
    let flip = |table: &str, column: &str, place: &str| {
        let select = format!("SELECT CAST({column} AS BLOB) FROM {table} WHERE {place}");
        let mut bytes: Vec<u8> = store.query_row(&select, [], |row| row.get(0)).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        let cast = if column == "entry" { "CAST(?1 AS TEXT)" } else { "?1" };
        assert_eq!(store.execute(&format!("UPDATE {table} SET {column} = {cast} WHERE {place}"), [bytes]).unwrap(), 1);
    };
    flip("objects", "zstd", &format!("hash = x'{first}'"));
    store.execute(&format!("DELETE FROM objects WHERE hash = x'{second}'"), []).unwrap();
    flip("entries", "entry", "log = 'tenants/eu/globex' AND sequence = 1");

    let ended = fixture.run(&["store", "check"]);
    assert!(ended.stdout.contains("entries of tenants/eu/globex from 1 on"), "{}", ended.stdout);
    assert!(ended.stdout.contains(&format!("snapshot {second}: it is missing")), "{}", ended.stdout);
    assert!(ended.stdout.contains("touches the tenant eu/acme") && ended.stdout.contains("touches the ref blessed"));
    ended.fails(4, &["store.db is damaged in 2 places", "help: "]);
    let report = fixture.json(&["store", "check", "--read-data"], 4);
    let expected =
        ["the entries of tenants/eu/globex from 1 on", &format!("snapshot {first}"), &format!("snapshot {second}")];
    let mut found = damages(&report);
    found.sort_unstable();
    let mut expected = expected.map(str::to_owned);
    expected.sort_unstable();
    assert_eq!(found, expected);
    let missing = report["damages"].as_array().unwrap().iter().find(|damage| damage["snapshot"] == second.as_str());
    assert_eq!(missing.unwrap()["tenants"], serde_json::json!(["eu/acme"]));
    assert_eq!(missing.unwrap()["refs"], serde_json::json!(["blessed"]));

    // What logs name cannot be told, so nothing is removed; what is whole is copied.
    fixture.run(&["store", "gc"]).fails(4, &["tenants/eu/globex", "store check"]);
    fixture.run(&["store", "copy", "sqlite:copy.db"]).fails(4, &["the copy is not whole", &first[..12], "eu/globex"]);
    // A missing snapshot comes back with a capture: it is the same, so it has the same hash.
    fixture.run(&["put", "live:acme"]).ok(0);
    let report = fixture.json(&["store", "check"], 4);
    assert_eq!(damages(&report).len(), 1);
}

#[test]
fn a_chain_is_checked_entry_by_entry() {
    let fixture = Fixture::with_store(&[("acme", V1), ("globex", V1)]);
    for number in 0..20 {
        fixture.tenant("acme").execute_batch(&format!("CREATE TABLE t{number} (x)")).unwrap();
        fixture.run(&["capture", "acme"]).ok(0);
    }
    fixture.run(&["capture", "globex"]).ok(0);
    let original = std::fs::read(fixture.path(".schema-sync/store.db")).unwrap();
    let log = "log = 'tenants/eu/acme'";
    for (statement, expected) in [
        (format!("UPDATE entries SET entry = '{{}}' WHERE {log} AND sequence = 7"), vec!["entry 7 of tenants/eu/acme"]),
        (
            format!("UPDATE entries SET entry = 'x' WHERE {log} AND sequence IN (7, 8, 13)"),
            vec!["entry 7 of tenants/eu/acme", "entry 8 of tenants/eu/acme", "entry 13 of tenants/eu/acme"],
        ),
        (format!("DELETE FROM entries WHERE {log} AND sequence = 7"), vec!["entry 8 of tenants/eu/acme"]),
        (format!("DELETE FROM entries WHERE {log} AND sequence < 7"), vec!["entry 6 of tenants/eu/acme"]),
        (
            format!("UPDATE entries SET entry = 'x' WHERE {log} AND sequence > 17"),
            vec!["the entries of tenants/eu/acme from 18 on"],
        ),
        (format!("UPDATE entries SET entry = 'x' WHERE {log}"), vec!["the entries of tenants/eu/acme from 1 on"]),
        ("INSERT INTO entries VALUES ('tenants/a b', 1, x'00', 'x')".to_owned(), vec!["the list of logs"]),
        (
            format!("UPDATE entries SET log = 'tenants/eu/other' WHERE {log} AND sequence = 20"),
            vec!["the entries of tenants/eu/other from 1 on"],
        ),
    ] {
        for ending in ["-wal", "-shm"] {
            drop(std::fs::remove_file(fixture.path(&format!(".schema-sync/store.db{ending}"))));
        }
        fixture.write(".schema-sync/store.db", &original);
        store(&fixture).execute_batch(&statement).unwrap();
        let report = fixture.json(&["store", "check"], 4);
        assert_eq!(damages(&report), expected, "{statement}: {report:#}");
        let all = report["entries"].as_u64().unwrap();
        assert!(all > 0, "{statement}: the other log was read");
    }
}

#[test]
fn a_copy_has_the_same_hashes_and_goes_on_where_it_stopped() {
    let fixture = fixture();
    fixture.run(&["store", "copy", "sqlite:copies/store.db"]).ok(0);
    let log = |url: &str| fixture.run(&["log", "tenant:acme", "--format", "json", "--store", url]).ok(0);
    assert_eq!(log("sqlite:copies/store.db"), log("sqlite:.schema-sync/store.db"));
    let again = fixture.json(&["store", "copy", "sqlite:copies/store.db"], 0);
    assert_eq!((&again["snapshots_copied"], &again["entries_copied"]), (&0.into(), &0.into()));

    fixture.run(&["bless", "v2.sql"]).ok(0);
    let more = fixture.json(&["store", "copy", "sqlite:copies/store.db"], 0);
    assert_eq!((&more["snapshots_copied"], &more["entries_copied"]), (&1.into(), &1.into()));
    fixture.run(&["store", "check", "--read-data", "--store", "sqlite:copies/store.db"]).ok(0);
    // Back again: what is there is the same.
    let back = ["store", "copy", "sqlite:.schema-sync/store.db", "--store", "sqlite:copies/store.db"];
    assert_eq!(fixture.json(&back, 0)["entries_copied"], 0);

    // Both append: their histories grow apart, and that is said of the one log alone.
    fixture.run(&["bless", "tenant:globex"]).ok(0);
    fixture.run(&["bless", "tenant:acme", "--yes", "--store", "sqlite:copies/store.db"]).ok(0);
    fixture.run(&["capture", "--all", "--store", "sqlite:copies/store.db"]).ok(0);
    let ended = fixture.run(&["store", "copy", "sqlite:copies/store.db"]);
    ended.fails(4, &["refs/blessed is another history", "entry 3"]);
    fixture.run(&["store", "check", "--read-data", "--store", "sqlite:copies/store.db"]).ok(0);
    fixture.run(&["store", "copy", "sqlite:.schema-sync/store.db"]).fails(2, &["itself"]);
    fixture.run(&["store", "copy", "nowhere"]).fails(2, &["no scheme"]);
}

#[test]
fn a_copy_that_is_killed_leaves_a_whole_store_and_goes_on() {
    let names: Vec<String> = (0..60).map(|number| format!("t{number:02}")).collect();
    let sql: Vec<String> = (0..60).map(|number| format!("CREATE TABLE t{number} (x);")).collect();
    let tenants: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(sql.iter().map(String::as_str)).collect();
    let fixture = Fixture::with_store(&tenants);
    fixture.run(&["capture", "--all"]).ok(0);
    let copy = ["store", "copy", "sqlite:copy.db"];
    let mut was_stopped = false;
    for after_ms in [20, 40, 60, 80, 100, 140] {
        let mut child = fixture.command(&copy).stdout(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(after_ms));
        was_stopped |= child.try_wait().unwrap().is_none();
        child.kill().unwrap();
        child.wait().unwrap();
        let ended = fixture.run(&["store", "check", "--read-data", "--store", "sqlite:copy.db"]);
        assert!(
            ended.code == 0 || ended.stderr.contains("there is no store") || ended.stderr.contains("is empty"),
            "{ended:?}"
        );
    }
    assert!(was_stopped, "it was always killed too late to prove anything");
    fixture.run(&copy).ok(0);
    let list = |url: &str| fixture.run(&["tenants", "--recorded", "--format", "json", "--store", url]).ok(0);
    assert_eq!(list("sqlite:copy.db"), list("sqlite:.schema-sync/store.db"));
}

#[test]
fn a_store_is_checked_and_cleaned_while_others_write_to_it() {
    let fixture = fixture();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for number in 0..12 {
                fixture.tenant("acme").execute_batch(&format!("CREATE TABLE w{number} (x)")).unwrap();
                fixture.run(&["capture", "--all"]).ok(0);
                fixture.run(&["bless", "tenant:acme"]).ok(0);
            }
        });
        while !writer.is_finished() {
            fixture.run(&["store", "check", "--read-data"]).ok(0);
            fixture.run(&["store", "gc", "--keep-days", "1"]).ok(0);
            fixture.run(&["store", "copy", "sqlite:copy.db"]).ok(0);
        }
        writer.join().unwrap();
    });
    fixture.run(&["store", "copy", "sqlite:copy.db"]).ok(0);
    let report = fixture.json(&["store", "check", "--read-data", "--store", "sqlite:copy.db"], 0);
    assert_eq!(report["entries"], 4 + 24);
}

#[test]
fn what_nothing_names_goes_when_it_is_old() {
    let fixture = fixture();
    let put = fixture.run(&["put", "v2.sql"]).ok(0);
    assert!(fixture.run(&["store", "gc", "--keep-days", "1"]).ok(0).contains("0 snapshots removed"));
    store(&fixture).execute("UPDATE objects SET stored_ms = stored_ms - 40 * 86400000", []).unwrap();
    let planned = fixture.json(&["store", "gc", "--dry-run"], 0);
    assert_eq!((&planned["removed"][0], &planned["named"]), (&put.trim().into(), &2.into()));
    assert!(fixture.run(&["show", put.trim()]).ok(0).contains("email"));
    assert!(fixture.run(&["store", "gc"]).ok(0).contains("1 snapshot removed"));
    fixture.run(&["show", put.trim()]).fails(2, &["no snapshot"]);
    fixture.run(&["store", "gc", "--keep-days", "0"]).fails(2, &["1 is the least"]);
    fixture.run(&["store", "check", "--read-data"]).ok(0);
}

#[test]
fn a_snapshot_travels_in_a_file() {
    let fixture = fixture();
    let hash = fixture.run(&["store", "export", "tenant:acme", "acme.snapshot"]).ok(0);
    let document = std::fs::read(fixture.path("acme.snapshot")).unwrap();
    assert_eq!(schema_sync::store::SnapshotHash::of(&document).to_string(), hash.trim());
    fixture.run(&["init", "--store", "sqlite:other.db"]).ok(0);
    assert_eq!(fixture.run(&["put", "acme.snapshot", "--store", "sqlite:other.db"]).ok(0), hash);
    fixture.run(&["store", "export", "tenant:acme", "acme.snapshot"]).ok(0);
    fixture.run(&["store", "export", "tenant:globex", "acme.snapshot"]).fails(2, &["something else", "not touched"]);
    assert_eq!(std::fs::read(fixture.path("acme.snapshot")).unwrap(), document);
    fixture.run(&["store", "export", "tenant:acme", "acme.txt"]).fails(2, &[".snapshot"]);
    fixture.run(&["store", "export", "tenant:acme", "nowhere/acme.snapshot"]).fails(4, &["cannot write"]);
    fixture.run(&["store", "export", "tenant:acme", "."]).ok(0);
    fixture.run(&["show", &format!("{}.snapshot", &hash[..16])]).ok(0);
}

#[cfg(unix)]
#[test]
fn a_store_that_takes_nothing_can_be_read() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;

    let fixture = fixture();
    store(&fixture).execute_batch("PRAGMA journal_mode = delete").unwrap();
    let set = |path: &str, mode: u32| {
        std::fs::set_permissions(fixture.path(path), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let program = fixture.path("program");
    std::fs::copy(crate::fixture::program(), &program).unwrap();
    for (path, mode) in [(".", 0o555), (".schema-sync", 0o555), (".schema-sync/store.db", 0o444), ("tenants", 0o755)] {
        set(path, mode);
    }
    // Whom nothing stops from writing must be somebody else to be stopped.
    let is_root = std::fs::metadata(&program).unwrap().uid() == 0;
    let run = |arguments: &[&str]| -> crate::fixture::Ended {
        let mut command = std::process::Command::new(&program);
        command.args(arguments).current_dir(fixture.path(".")).env("SCHEMA_SYNC_AUTHOR", "tester");
        if is_root {
            command.uid(65_534).gid(65_534);
        }
        // A process that another test has just forked may still hold the copy open for writing.
        loop {
            match command.output() {
                Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => std::thread::yield_now(),
                ended => return ended.unwrap().into(),
            }
        }
    };
    for arguments in [
        &["log", "tenant:acme"][..],
        &["refs"],
        &["store", "check", "--read-data"],
        &["status"],
        &["store", "gc", "--dry-run"],
        &["show", "tenant:acme"],
        &["diff", "tenant:acme", "tenant:globex"],
        &["sync", "--all", "--dry-run"],
    ] {
        run(arguments).ok(0);
    }
    for arguments in [&["capture", "--all"][..], &["bless", "tenant:globex"], &["store", "gc"], &["put", "live:acme"]] {
        run(arguments).fails(4, &["store.db is read-only", "nothing was changed"]);
    }
    set(".", 0o755);
    set(".schema-sync", 0o755);
}
