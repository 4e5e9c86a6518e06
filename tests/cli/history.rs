//! `log` and `blame`: who changed what, and when.

use serde_json::Value;

use crate::fixture::{Ended, Fixture, V1};

/// Three changes of acme by three people: `email` is added, then typed otherwise, then `more` comes and goes.
fn fixture() -> Fixture {
    let fixture = Fixture::with_store(&[("acme", V1)]);
    fixture.run(&["capture", "--all", "--author", "Ada"]).ok(0);
    for (sql, author) in [
        ("ALTER TABLE users ADD COLUMN email TEXT", "Grace <grace@example.org>"),
        ("CREATE TABLE more (x)", "Alan"),
        ("ALTER TABLE users DROP COLUMN email; ALTER TABLE users ADD COLUMN email VARCHAR", "Barbara"),
        ("DROP TABLE more", "Alan"),
    ] {
        fixture.tenant("acme").execute_batch(sql).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(5));
        fixture.run(&["capture", "acme", "--author", author]).ok(0);
    }
    fixture
}

fn sequences(fixture: &Fixture, arguments: &[&str]) -> Vec<u64> {
    let printed = fixture.json(&[&["log", "tenant:acme"], arguments].concat(), 0);
    printed["entries"].as_array().unwrap().iter().map(|entry| entry["sequence"].as_u64().unwrap()).collect()
}

#[test]
fn a_log_is_searched_by_author_object_and_time() {
    let fixture = fixture();
    let find = |arguments: &[&str]| sequences(&fixture, arguments);
    assert_eq!(find(&[]), [5, 4, 3, 2, 1]);
    assert_eq!(find(&["-n", "2"]), [5, 4]);
    assert_eq!(find(&["--author", "alan"]), [5, 3]);
    assert_eq!(find(&["--author", "alan", "-n", "1"]), [5]);
    assert_eq!(find(&["--author", "example.org"]), [2]);
    assert_eq!(find(&["--object", "users.email"]), [4, 2]);
    assert_eq!(find(&["--object", "column users.email"]), [4, 2]);
    assert_eq!(find(&["--object", "users.name"]), [1]);
    assert_eq!(find(&["--object", "more"]), [5, 3]);
    assert_eq!(find(&["--object", "more", "-n", "1"]), [5]);
    assert_eq!(find(&["--object", "users.email", "--author", "barbara"]), [4]);

    let entries = fixture.json(&["log", "tenant:acme"], 0)["entries"].clone();
    let time = |index: usize| entries[index]["time"].as_str().unwrap().to_owned();
    assert_eq!(find(&["--since", &time(2)]), [5, 4, 3]);
    assert_eq!(find(&["--until", &time(2)]), [3, 2, 1]);
    assert_eq!(find(&["--since", &time(3), "--until", &time(1)]), [4, 3, 2]);
    assert_eq!(find(&["--since", &time(2), "--object", "users.email"]), [4]);
    assert_eq!(find(&["--until", &time(2), "--object", "users.email"]), [2]);
    let day = &time(0)[..10];
    assert_eq!(find(&["--since", day, "--until", day]), [5, 4, 3, 2, 1]);
    assert_eq!(find(&["--until", "2001-01-01"]), [0; 0]);
    assert_eq!(find(&["--since", "2999-01-01"]), [0; 0]);
    // The name by which a snapshot is reached counts all entries, not only those that are shown.
    let text = fixture.run(&["log", "tenant:acme", "--author", "grace"]).ok(0);
    assert!(text.starts_with("~3 "), "{text}");
    assert_eq!(fixture.json(&["show", "tenant:acme~3"], 0)["hash"], entries[3]["snapshot"]);
    // Whoever signs by the environment has not asked for entries of their own alone.
    assert!(fixture.run(&["log", "tenant:acme"]).ok(0).contains("Barbara"));
}

#[test]
fn what_cannot_be_searched_for_is_said() {
    let fixture = fixture();
    let log = |arguments: &[&str]| -> Ended { fixture.run(&[&["log", "tenant:acme"], arguments].concat()) };
    log(&["--since", "yesterday"]).fails(2, &["`yesterday` is no time", "2026-03-03", "UTC"]);
    log(&["--until", "2026-13-01"]).fails(2, &["2026-13-01"]);
    log(&["--object", "users.emial"]).fails(2, &["no object users.emial", "did you mean `users.email`"]);
    fixture.run(&["blame", "tenant:acme", "users.emial"]).fails(2, &["did you mean `users.email`"]);
    fixture.run(&["blame", "tenant:acme", "more"]).fails(2, &["no object more", "--object"]);
    fixture.run(&["blame", "tenant:akme"]).fails(2, &["did you mean `eu/acme`"]);
    fixture.run(&["blame", "v2.sql"]).fails(2, &["has no log"]);
    fixture.run(&["blame", "tenant:acme@{2001-01-01}"]).fails(2, &["it begins at"]);
    fixture.run(&["show", "tenant:acme@{2001-01-01}"]).fails(2, &["it begins at"]);
    fixture.run(&["show", "tenant:acme@{soon}"]).fails(2, &["UTC"]);
}

#[test]
fn blame_tells_who_brought_each_object() {
    let fixture = fixture();
    let blame = |revision: &str| -> Vec<(String, u64)> {
        let printed = fixture.json(&["blame", revision], 0);
        let row = |object: &Value| {
            let parts: Vec<&str> =
                object["name"].as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect();
            (format!("{} {}", object["kind"].as_str().unwrap(), parts.join(".")), object["sequence"].as_u64().unwrap())
        };
        printed["objects"].as_array().unwrap().iter().map(row).collect()
    };
    let find =
        |rows: &[(String, u64)], name: &str| rows.iter().find(|(id, _)| id == name).map(|(_, sequence)| *sequence);
    let now = blame("tenant:acme");
    assert_eq!(find(&now, "column users.email"), Some(4));
    assert_eq!(find(&now, "column users.name"), Some(1));
    assert_eq!(find(&now, "table more"), None);
    let before = blame("tenant:acme~2");
    assert_eq!((find(&before, "column users.email"), find(&before, "table more")), (Some(2), Some(3)));

    let text = fixture.run(&["blame", "tenant:acme", "users.email"]).ok(0);
    assert!(text.contains("Barbara") && text.contains("column users.email") && text.lines().count() == 1, "{text}");
    // Back to a form that was there before: whoever brought it again is named, not whoever brought it first.
    fixture.run(&["bless", "tenant:acme~1", "-m", "one"]).ok(0);
    fixture.run(&["bless", "tenant:acme~4", "-m", "two"]).ok(0);
    fixture.run(&["bless", "tenant:acme~1", "-m", "three", "--yes"]).ok(0);
    let text = fixture.run(&["blame", "blessed"]).ok(0);
    let note = |name: &str| text.lines().find(|line| line.contains(name)).map(|line| line.split("  ").last().unwrap());
    assert_eq!((note("column users.email"), note("column users.name")), (Some("three"), Some("one")), "{text}");
}
