//! The command line on PostgreSQL: a fleet of schemas, a database by its URL, and servers that do not answer.

use std::process::Stdio;
use std::time::Duration;

use schema_sync_test_cluster::Cluster;

use crate::fixture::{Ended, Fixture};

const TABLE: &str = "CREATE TABLE users (id integer PRIMARY KEY, name text NOT NULL)";
const V2: &str = "CREATE TABLE users (id integer PRIMARY KEY, name text NOT NULL, email text);\n\
                  CREATE INDEX users_by_email ON users (email);\n\
                  CREATE VIEW names AS SELECT name FROM users;\n";

/// A database with two tenants that are schemas, and a configuration that reaches them through the environment.
fn fleet(name: &str) -> Fixture {
    let cluster = Cluster::shared();
    let database = cluster.create_database(name);
    for tenant in ["tenant_a", "tenant_b", "tenant_test"] {
        let sql =
            format!("CREATE SCHEMA {tenant}; SET search_path = {tenant}; {TABLE}; INSERT INTO users VALUES (1, 'ada')");
        cluster.psql(name, &sql);
    }
    let fixture = Fixture::new(&[]);
    fixture.write("v2.sql", V2);
    fixture.write(
        "schema-sync.toml",
        format!(
            "[[fleet]]\nname = \"eu\"\nurl = \"{}\"\ntenants = {{ schemas = \"tenant_*\" }}\nexclude = [\"tenant_test\"]\n",
            database.url
        ),
    );
    fixture.run(&["init"]).ok(0);
    fixture
}

#[test]
fn a_fleet_of_schemas_is_captured_promoted_and_validated() {
    let fixture = fleet("cli_fleet");
    assert!(fixture.run(&["capture", "--all"]).ok(0).contains("2 tenants, 0 unchanged"));
    fixture.run(&["bless", "v2.sql"]).ok(0);
    assert!(fixture.run(&["validate"]).ok(1).contains("0 in sync, 2 not"));
    assert!(fixture.run(&["plan", "blessed", "--tenant", "tenant_a"]).ok(0).contains("ADD COLUMN"));
    assert!(fixture.run(&["sync", "--all", "--yes"]).ok(0).contains("2 applied"));
    assert!(fixture.run(&["validate"]).ok(0).contains("2 in sync, 0 not"));
    assert_eq!(fixture.live_hash("tenant_a"), fixture.live_hash("eu/tenant_b"));
    assert_eq!(Cluster::shared().psql("cli_fleet", "SELECT count(*) FROM tenant_a.users").trim(), "1");
    let columns = "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'tenant_test'";
    assert_eq!(Cluster::shared().psql("cli_fleet", columns).trim(), "2");
    assert!(fixture.run(&["log", "tenant:tenant_a"]).ok(0).contains("synced applied"));
}

#[test]
fn one_schema_is_synced_by_its_url_alone() {
    let fixture = fleet("cli_url");
    std::fs::remove_file(fixture.path("schema-sync.toml")).unwrap();
    let url = format!("{}?schema=tenant_a", Cluster::shared().url("cli_url"));
    assert!(fixture.run(&["sync", "--source", "v2.sql", "--target", &url, "--dry-run"]).ok(0).contains("1 planned"));
    assert!(fixture.run(&["sync", "--source", "v2.sql", "--target", &url, "--apply"]).ok(0).contains("1 applied"));
    let other = format!("{}?schema=tenant_b", Cluster::shared().url("cli_url"));
    let diff = fixture.run(&["diff", &other, &url, "--exit-code"]).ok(1);
    assert!(diff.contains("+ column email"), "{diff}");
    fixture.run(&["diff", "v2.sql", &url, "--exit-code"]).ok(0);
    fixture.run(&["diff", "v2.sql", &other, "--exit-code"]).ok(1);
    fixture
        .run(&["show", &format!("{}?schema=nobody", Cluster::shared().url("cli_url"))])
        .fails(2, &["does not exist"]);
}

#[test]
fn a_server_that_does_not_let_in_is_named_without_the_password() {
    let fixture = Fixture::new(&[]);
    let port = Cluster::shared().port();
    for url in [
        format!("postgres://nobody:s3cret@127.0.0.1:{port}/postgres"),
        "postgres://me:s3cret@127.0.0.1:1/postgres".to_owned(),
        format!("postgres://postgres:s3cret@127.0.0.1:{port}/no_such_database"),
    ] {
        let ended = fixture.run(&["show", &url]);
        assert!(!ended.stderr.contains("s3cret"), "{}", ended.stderr);
        ended.fails(4, &["127.0.0.1"]);
    }
}

#[test]
fn what_has_no_model_is_shown_and_a_change_of_it_refused_by_name() {
    let fixture = fleet("cli_unmodelled");
    // No provider of labels is at hand, so that the catalogue gets what one would write there.
    let label = "INSERT INTO pg_seclabel VALUES ('users'::regclass, 'pg_class'::regclass, 0, 'guard', 'secret');";
    fixture.write("v3.sql", format!("{TABLE};\n{label}"));
    fixture.run(&["bless", "v3.sql"]).fails(3, &["guard", "no model", "--force"]);
    fixture.run(&["show", "blessed"]).fails(2, &["no ref"]);
    fixture.run(&["bless", "v3.sql", "--force"]).ok(0);
    assert!(fixture.run(&["show", "blessed"]).ok(0).contains("guard"));
    fixture.run(&["sync", "tenant_a", "--yes"]).fails(3, &["guard", "not modelled"]);
    assert!(fixture.run(&["validate", "tenant_a"]).ok(1).contains("guard"));
}

#[test]
fn what_a_role_may_not_read_is_listed_and_nothing_is_captured() {
    let fixture = fleet("cli_hidden");
    let cluster = Cluster::shared();
    let grants = "CREATE ROLE limited LOGIN; GRANT USAGE ON SCHEMA tenant_b TO limited";
    cluster.psql("cli_hidden", grants);
    let url = format!("postgres://limited@127.0.0.1:{}/cli_hidden", cluster.port());
    let fleet = format!("[[fleet]]\nname = \"eu\"\nurl = \"{url}\"\ntenants = {{ schemas = \"tenant_[ab]\" }}\n");
    fixture.write("schema-sync.toml", fleet);
    fixture.run(&["capture", "tenant_a"]).fails(3, &["tenant_a.users", "hidden from the role", "help: "]);
    fixture.run(&["log", "tenant:tenant_a"]).fails(2, &["never captured"]);
    assert!(fixture.run(&["capture", "tenant_b"]).ok(0).contains("new"));
}

#[test]
fn sql_that_does_not_load_is_shown_with_its_line() {
    let fixture = fleet("cli_load");
    fixture.write("bad.sql", "CREATE TABLE a (x integer);\n\nCREATE TABEL b (y integer);\n");
    fixture.run(&["put", "bad.sql"]).fails(2, &["bad.sql, line 3", "TABEL"]);
}

#[test]
fn of_two_processes_one_works_and_the_other_says_so() {
    let fixture = fleet("cli_race");
    fixture.run(&["bless", "v2.sql"]).ok(0);
    // A reader keeps the table until both processes have looked at the tenant.
    let reader = std::thread::spawn(|| {
        let sql = "BEGIN; LOCK TABLE tenant_a.users IN SHARE MODE; SELECT pg_sleep(1.5); COMMIT";
        Cluster::shared().psql("cli_race", sql)
    });
    std::thread::sleep(Duration::from_millis(300));
    let arguments = ["sync", "tenant_a", "--yes", "--format", "json"];
    let spawn = || fixture.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let children = [spawn(), spawn()];
    reader.join().unwrap();
    let mut states: Vec<String> = Vec::new();
    for child in children {
        let printed = Ended::from(child.wait_with_output().unwrap()).ok(0);
        let report: serde_json::Value = serde_json::from_str(&printed).unwrap();
        states.push(report["tenants"][0]["state"].as_str().unwrap().to_owned());
    }
    states.sort();
    assert_eq!(states, ["applied", "synced-by-peer"]);
}

#[test]
fn a_killed_process_leaves_every_tenant_whole() {
    let fixture = fleet("cli_kill");
    fixture.run(&["bless", "v2.sql"]).ok(0);
    let reader = std::thread::spawn(|| {
        let sql = "BEGIN; LOCK TABLE tenant_b.users IN SHARE MODE; SELECT pg_sleep(1.5); COMMIT";
        Cluster::shared().psql("cli_kill", sql)
    });
    std::thread::sleep(Duration::from_millis(300));
    let before = fixture.live_hash("tenant_b");
    let mut child = fixture.command(&["sync", "tenant_b", "--yes"]).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(700));
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap();
    assert_eq!(fixture.live_hash("tenant_b"), before);
    assert!(fixture.run(&["sync", "--all", "--yes"]).ok(0).contains("2 applied"));
}
