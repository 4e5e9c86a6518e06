//! What the commands do and say when all is well.

use std::io::Read;
use std::process::Stdio;

use crate::fixture::{Ended, Fixture, V1, V2};

#[test]
fn from_a_live_schema_to_a_verified_promotion() {
    let fixture = Fixture::with_store(&[("acme", V1), ("globex", V1)]);
    let captured = fixture.run(&["capture", "--all"]).ok(0);
    assert!(captured.contains("eu/acme") && captured.contains("2 tenants, 0 unchanged"), "{captured}");
    assert!(fixture.run(&["capture", "--all"]).ok(0).contains("2 tenants, 2 unchanged"));

    let hash = fixture.run(&["put", "v2.sql"]).ok(0);
    assert_eq!(hash.trim().len(), 64);
    let prefix = &hash[..8];
    assert!(fixture.run(&["bless", prefix, "-m", "second"]).ok(0).contains("blessed is "));
    assert!(fixture.run(&["bless", prefix]).ok(0).contains("already"));
    assert!(fixture.run(&["refs"]).ok(0).contains("second"));

    assert!(fixture.run(&["validate", "--all"]).ok(1).contains("0 in sync, 2 not"));
    let diff = fixture.run(&["diff", "tenant:acme", "blessed", "--exit-code"]).ok(1);
    assert!(diff.contains("table users") && diff.contains("+ column email") && diff.contains("+ view names"), "{diff}");
    let plan = fixture.run(&["plan", "blessed", "--tenant", "acme"]).ok(0);
    assert!(plan.contains("1. ") && plan.contains("ALTER TABLE"), "{plan}");

    let dry = fixture.run(&["sync", "--all", "--dry-run"]).ok(0);
    assert!(dry.contains("2 tenants: eu/acme, eu/globex") && dry.contains("2 planned"), "{dry}");
    assert!(fixture.run(&["validate", "--all"]).ok(1).contains("2 not"));
    let synced = fixture.run(&["sync", "--all", "--yes"]).ok(0);
    assert!(synced.contains("2 applied"), "{synced}");
    assert!(fixture.run(&["sync", "--all", "--yes"]).ok(0).contains("2 already-in-sync"));
    assert!(fixture.run(&["validate", "--all"]).ok(0).contains("2 in sync, 0 not"));
    assert_eq!((fixture.rows("acme", "users"), fixture.live_hash("acme")), (2, hash.trim().to_owned()));

    let log = fixture.run(&["log", "tenant:acme"]).ok(0);
    assert!(
        log.contains("~0") && log.contains("synced applied") && log.contains("~1") && log.contains("tester"),
        "{log}"
    );
    assert!(fixture.run(&["log"]).ok(0).contains("second"));
    assert!(fixture.run(&["tenants"]).ok(0).contains("eu/globex"));
}

#[test]
fn status_tells_who_is_behind_and_who_drifted() {
    let fixture = Fixture::with_store(&[("acme", V1), ("globex", V1), ("hooli", V2), ("new", V1)]);
    fixture.run(&["capture", "acme", "globex", "hooli"]).ok(0);
    assert!(fixture.run(&["status"]).ok(0).contains("nothing is blessed"));
    fixture.run(&["bless", "v2.sql"]).ok(0);
    fixture.tenant("globex").execute_batch("CREATE TABLE surprise (x)").unwrap();
    let status = fixture.run(&["status", "--exit-code"]).ok(1);
    for (tenant, standing) in
        [("eu/acme", "behind"), ("eu/globex", "drifted"), ("eu/hooli", "in sync"), ("eu/new", "not captured")]
    {
        let line = status.lines().find(|line| line.contains(tenant)).unwrap();
        assert!(line.contains(standing), "{line}");
    }
}

#[test]
fn the_printed_document_has_the_hash_that_names_it() {
    let fixture = Fixture::with_store(&[("acme", V1)]);
    let document = fixture.run(&["show", "live:acme", "--format", "snapshot"]).ok(0);
    let hash = fixture.live_hash("acme");
    assert_eq!(schema_sync::store::SnapshotHash::of(document.as_bytes()).to_string(), hash);
    let name = format!("{}.snapshot", &hash[..16]);
    fixture.write(&name, &document);
    assert_eq!(fixture.run(&["put", &name]).ok(0).trim(), hash);
    assert!(fixture.run(&["show", &name]).ok(0).contains("column name"));
    let document = std::fs::File::open(fixture.path(&name)).unwrap();
    let piped: Ended = fixture.command(&["put", "-"]).stdin(document).output().unwrap().into();
    assert_eq!(piped.ok(0).trim(), hash);
}

#[test]
fn every_revision_names_a_snapshot() {
    let fixture = Fixture::with_store(&[("acme", V1)]);
    fixture.run(&["capture", "--all"]).ok(0);
    fixture.run(&["bless", "tenant:acme"]).ok(0);
    fixture.tenant("acme").execute_batch("CREATE TABLE more (x)").unwrap();
    fixture.run(&["capture", "--all"]).ok(0);
    fixture.run(&["bless", "tenant:acme"]).ok(0);
    std::fs::create_dir(fixture.path("migrations")).unwrap();
    fixture.write("migrations/2.sql", "CREATE TABLE more (x);");
    fixture.write("migrations/1.sql", V1);
    let (now, before) = (fixture.live_hash("acme"), fixture.json(&["show", "blessed~1"], 0)["hash"].clone());
    let tomorrow = "blessed@{2999-01-01}";
    for revision in
        ["blessed", "tenant:acme", "tenant:eu/acme", "live:eu/acme", "sqlite:tenants/acme.db", "migrations/", tomorrow]
    {
        assert_eq!(fixture.json(&["show", revision], 0)["hash"], now.as_str(), "{revision}");
    }
    assert_ne!(before, now.as_str());
    assert_eq!(fixture.json(&["show", "tenant:acme~1"], 0)["hash"], before);
    assert_eq!(fixture.json(&["show", before.as_str().unwrap()], 0)["hash"], before);
}

#[test]
fn two_databases_are_synced_without_store_and_configuration() {
    let fixture = Fixture::new(&[("acme", V1)]);
    std::fs::remove_file(fixture.path("schema-sync.toml")).unwrap();
    let target = ["--source", "v2.sql", "--target", "sqlite:tenants/acme.db"];
    let run = |last: &str| fixture.run(&[&["sync"], target.as_slice(), &[last]].concat());
    assert!(run("--dry-run").ok(0).contains("1 planned"));
    assert!(run("--apply").ok(0).contains("1 applied"));
    assert!(run("--apply").ok(0).contains("1 already-in-sync"));
    assert_eq!(fixture.rows("acme", "users"), 2);
    assert!(!fixture.path(".schema-sync").exists());
}

#[test]
fn what_loses_data_is_refused_until_it_is_allowed() {
    let fixture =
        Fixture::with_store(&[("acme", "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, pet TEXT)")]);
    fixture.write("v1.sql", V1);
    fixture.run(&["bless", "v1.sql"]).ok(0);
    let plan = fixture.run(&["plan", "blessed", "--tenant", "acme"]).ok(0);
    assert!(plan.contains("would be refused") && plan.contains("--allow data_loss=users.pet"), "{plan}");
    let before = fixture.live_hash("acme");
    fixture.run(&["sync", "acme", "--yes"]).fails(3, &["users.pet", "--allow data_loss=users.pet"]);
    assert_eq!(fixture.live_hash("acme"), before);
    fixture.run(&["sync", "acme", "--yes", "--allow", "data_loss=users.pet"]).ok(0);
    assert_ne!(fixture.live_hash("acme"), before);
}

#[test]
fn a_plan_is_written_to_a_file_and_printed_as_sql() {
    let fixture = Fixture::with_store(&[("acme", V1)]);
    let sql = fixture.run(&["plan", "live:acme", "v2.sql", "--format", "sql", "--out", "plan.json"]).ok(0);
    let plan: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(fixture.path("plan.json")).unwrap()).unwrap();
    assert_eq!(plan["from"], fixture.live_hash("acme").as_str());
    let first = plan["steps"][0]["statements"][0].as_str().unwrap();
    assert!(sql.contains(&format!("{first};")), "{sql}");
    assert!(fixture.run(&["plan", "v2.sql", "v2.sql", "--dialect", "sqlite"]).stderr.contains("nothing to do"));
}

#[test]
fn colours_are_for_those_who_want_them() {
    let fixture = Fixture::with_store(&[("acme", V1)]);
    let diff = ["diff", "live:acme", "v2.sql"];
    assert!(!fixture.run(&diff).ok(0).contains('\x1b'));
    let output = fixture.command(&diff).env("CLICOLOR_FORCE", "1").output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains('\x1b'));
    let markdown = fixture.run(&["diff", "live:acme", "v2.sql", "--format", "markdown"]).ok(0);
    assert!(markdown.contains("```diff"), "{markdown}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let fixture = Fixture::with_store(&[("acme", V1)]);
    let mut child =
        fixture.command(&["completions", "bash"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!((child.wait().unwrap().code(), stderr.as_str()), (Some(0), ""));
    assert!(fixture.run(&["completions", "bash"]).ok(0).contains("schema-sync"));
}

#[test]
fn the_store_alone_answers_where_there_is_no_database() {
    let fixture = Fixture::with_store(&[("acme", V1), ("globex", V1)]);
    fixture.run(&["capture", "--all"]).ok(0);
    fixture.run(&["bless", "v2.sql"]).ok(0);
    std::fs::remove_dir_all(fixture.path("tenants")).unwrap();
    std::fs::remove_file(fixture.path("schema-sync.toml")).unwrap();
    assert!(fixture.run(&["tenants", "--recorded"]).ok(0).contains("eu/globex"));
    assert!(fixture.run(&["refs"]).ok(0).contains("blessed"));
    assert!(fixture.run(&["show", "tenant:acme"]).ok(0).contains("table users"));
    for (from, to) in [("tenant:acme", "blessed"), ("tenant:globex", "blessed"), ("blessed", "tenant:acme")] {
        assert!(fixture.run(&["diff", from, to, "--exit-code"]).ok(1).contains("column email"));
    }
    fixture.run(&["diff", "tenant:acme", "tenant:globex", "--exit-code"]).ok(0);
    assert!(fixture.run(&["plan", "tenant:acme", "blessed"]).ok(0).contains("ALTER TABLE"));
    fixture.run(&["tenants"]).fails(2, &["no configuration"]);
    fixture.run(&["audit", "--live"]).fails(2, &["no configuration"]);
}

#[test]
fn init_writes_down_the_store_that_is_named() {
    let fixture = Fixture::new(&[]);
    std::fs::remove_file(fixture.path("schema-sync.toml")).unwrap();
    fixture.run(&["init", "--store", "sqlite:a \"b\"/s.db"]).ok(0);
    assert!(fixture.path("a \"b\"/s.db").exists());
    fixture.run(&["put", "v2.sql", "--dialect", "sqlite"]).ok(0);
    assert!(!fixture.path(".schema-sync").exists());
    let said = fixture.run(&["init", "--store", "sqlite:other.db"]).stderr;
    assert!(said.contains("the configuration was not changed"), "{said}");
    fixture.run(&["init", "--store", "other.db"]).fails(2, &["no scheme"]);
}

#[test]
fn init_keeps_a_configuration_that_is_there() {
    let fixture = Fixture::new(&[]);
    let before = std::fs::read_to_string(fixture.path("schema-sync.toml")).unwrap();
    assert!(fixture.run(&["init"]).ok(0).contains("is kept"));
    assert_eq!(std::fs::read_to_string(fixture.path("schema-sync.toml")).unwrap(), before);
    std::fs::remove_file(fixture.path("schema-sync.toml")).unwrap();
    assert!(fixture.run(&["init"]).ok(0).contains("written"));
    fixture.run(&["refs"]).ok(0);
}
