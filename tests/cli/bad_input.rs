//! What means nothing, or must not be done: a clear error, the right exit code, and nothing lost.

use std::collections::{BTreeSet, HashMap};

use schema_sync::store::{Object, ObjectId, SchemaSnapshot};

use crate::fixture::{Fixture, V1};

fn fixture() -> Fixture {
    let fixture = Fixture::with_store(&[("acme", V1), ("acmf", V1)]);
    fixture.run(&["capture", "--all"]).ok(0);
    fixture
}

#[test]
fn a_url_with_a_typo() {
    let fixture = fixture();
    fixture.run(&["show", "postgre://me:s3cret@host/db"]).fails(2, &["`postgre`", "postgres://"]);
    let ended = fixture.run(&["sync", "--source", "v2.sql", "--target", "sqlit:tenants/acme.db", "--apply"]);
    assert!(!ended.stderr.contains("s3cret"));
    ended.fails(2, &["`sqlit` is no database", "sqlite:PATH"]);
    fixture.run(&["refs", "--store", "sqlit:x.db"]).fails(2, &["not a usable store URL"]);
}

#[test]
fn a_password_is_never_printed() {
    let fixture = fixture();
    fixture.write("bad.toml", "[[fleet]]\nname = 'eu'\nurl = 'postgres://me:s3cret@host/db'\ntenant = 1\n");
    let password_in = [
        vec!["show", "postgre://me:s3cret@host/db"],
        vec!["show", "mysql://me:s3cret@host/db"],
        vec!["show", "postgres:me:s3cret@host/db"],
        vec!["sync", "--source", "v2.sql", "--target", "postgres:/me:s3cret@host/db", "--apply"],
        vec!["refs", "--store", "postgres://me:s3cret@host/db"],
        vec!["tenants", "--config", "bad.toml"],
        vec!["sync", "--source", "v2.sql", "--target", "postgrs://me:s3cret@host/db?password=s3cret", "--apply"],
    ];
    for arguments in password_in {
        let ended = fixture.run(&arguments);
        assert_ne!(ended.code, 0);
        assert!(!ended.stderr.contains("s3cret") && !ended.stdout.contains("s3cret"), "{}", ended.stderr);
    }
}

#[test]
fn a_tenant_that_does_not_exist() {
    let fixture = fixture();
    fixture.run(&["capture", "akme"]).fails(2, &["no tenant akme", "did you mean `eu/acme`", "help: "]);
    fixture.run(&["show", "live:akme"]).fails(2, &["did you mean `eu/acme`"]);
    fixture.run(&["show", "tenant:akme"]).fails(2, &["did you mean `eu/acme`"]);
    fixture.run(&["log", "tenant:akme"]).fails(2, &["did you mean `eu/acme`"]);
    fixture.run(&["show", "sqlite:nowhere.db"]).fails(2, &["nowhere.db"]);
    assert!(!fixture.path("nowhere.db").exists());
    fixture.run(&["tenants", "--fleet", "us"]).fails(2, &["no fleet us"]);
}

#[test]
fn a_hash_prefix_that_is_unknown_or_ambiguous() {
    let fixture = fixture();
    fixture.run(&["show", "00000000"]).fails(2, &["00000000"]);
    let (first, second) = two_that_share_four_digits();
    for snapshot in [&first, &second] {
        fixture.write("x.snapshot", snapshot.to_bytes());
        fixture.run(&["put", "x.snapshot"]).ok(0);
    }
    let (first, second) = (first.hash(), second.hash());
    fixture.run(&["show", &first.to_string()[..4]]).fails(2, &[&first.short(), &second.short(), "more of its digits"]);
    fixture.run(&["show", &first.to_string()]).ok(0);
}

/// Among a few hundred snapshots there are two whose hashes begin alike.
fn two_that_share_four_digits() -> (SchemaSnapshot, SchemaSnapshot) {
    let mut seen = HashMap::new();
    for number in 0.. {
        let view = Object::new(ObjectId::new("view", [format!("v{number}")]));
        let snapshot = SchemaSnapshot::new("sqlite", BTreeSet::new(), vec![view]).unwrap();
        if let Some(other) = seen.insert(snapshot.hash().to_string()[..4].to_owned(), snapshot.clone()) {
            return (other, snapshot);
        }
    }
    unreachable!("there are only 65,536 beginnings of four digits")
}

#[test]
fn a_ref_with_a_typo() {
    let fixture = fixture();
    fixture.run(&["show", "blessed"]).fails(2, &["no ref or snapshot `blessed`", "schema-sync bless"]);
    fixture.run(&["bless", "v2.sql"]).ok(0);
    fixture.run(&["show", "blesed"]).fails(2, &["did you mean `blessed`"]);
    fixture.run(&["show", "blessed~7"]).fails(2, &["7 entries before the last"]);
    fixture.run(&["show", "blessed@{2001-01-01}"]).fails(2, &["at 2001-01-01"]);
    fixture.run(&["bless", "v2.sql", "--as", "beef"]).fails(2, &["beginning of a hash"]);
    fixture.run(&["log", "v2.sql"]).fails(2, &["has no log"]);
}

#[test]
fn a_snapshot_that_is_cut_changed_or_newer() {
    let fixture = fixture();
    let document = fixture.run(&["show", "live:acme", "--format", "snapshot"]).ok(0);
    fixture.write("cut.snapshot", &document[..document.len() / 2]);
    fixture.run(&["put", "cut.snapshot"]).fails(2, &["cut.snapshot", "line"]);
    fixture.write("changed.snapshot", document.replacen(':', ";", 3));
    fixture.run(&["put", "changed.snapshot"]).fails(2, &["changed.snapshot", "line 1"]);
    fixture.write("newer.snapshot", document.replacen("\"format\":1", "\"format\":2", 1));
    fixture.run(&["put", "newer.snapshot"]).fails(2, &["format 2", "upgrade schema-sync"]);
    // One letter within a name leaves a whole document; that it is another one shows where its file carries the hash.
    let hash = fixture.live_hash("acme");
    fixture.write(&format!("{hash}.snapshot"), document.replace("name", "nome"));
    let ended = fixture.run(&["put", &format!("{hash}.snapshot")]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    fixture.run(&["put", "missing.snapshot"]).fails(2, &["cannot read missing.snapshot"]);
}

#[test]
fn a_store_that_is_none() {
    let fixture = fixture();
    fixture.write("text.db", "this is no database at all, but it is long enough to be looked at, twice and thrice");
    fixture.run(&["refs", "--store", "sqlite:text.db"]).fails(2, &["not a schema-sync store"]);
    let before = fixture.live_hash("acme");
    fixture.run(&["refs", "--store", "sqlite:tenants/acme.db"]).fails(2, &["not a schema-sync store"]);
    fixture.run(&["init", "--store", "sqlite:tenants/acme.db"]).fails(2, &["not a schema-sync store"]);
    assert_eq!(fixture.live_hash("acme"), before);
    fixture.run(&["refs", "--store", "sqlite:nowhere.db"]).fails(2, &["schema-sync init"]);
    assert!(!fixture.path("nowhere.db").exists());
}

#[test]
fn sql_that_does_not_load() {
    let fixture = fixture();
    fixture.write("bad.sql", "CREATE TABLE a (x);\n\nCREATE TABEL b (y);\n");
    fixture.run(&["put", "bad.sql"]).fails(2, &["bad.sql, line 3", "TABEL"]);
    std::fs::create_dir(fixture.path("migrations")).unwrap();
    fixture.run(&["put", "migrations/"]).fails(2, &["no *.sql file"]);
    fixture.write("migrations/1.sql", "CREATE TABLE a (x);\n-- more\n");
    fixture.write("migrations/2.sql", "CREATE TABLE a (y);\n");
    fixture.run(&["put", "migrations/"]).fails(2, &["migrations/2.sql, line 1"]);
    fixture.run(&["put", "missing.sql"]).fails(2, &["cannot read missing.sql"]);
}

#[test]
fn a_configuration_that_means_nothing() {
    let fixture = fixture();
    fixture
        .write("schema-sync.toml", "store = \"sqlite:s.db\"\n\n[[fleet]]\nname = \"eu\"\ntenats = { files = \"x\" }\n");
    fixture.run(&["tenants"]).fails(2, &["schema-sync.toml, line 5", "tenats = { files = \"x\" }", "unknown field"]);
    fixture.write("schema-sync.toml", "[[fleet]]\nname = \"eu\"\ntenants = { files = \"tenants/*.sqlite\" }\n");
    fixture.run(&["capture", "--all"]).fails(2, &["tenants/*.sqlite", "finds no tenant"]);
    fixture
        .write("schema-sync.toml", "[[fleet]]\nname = \"eu\"\nurl = \"env:NO_SUCH\"\ntenants = { schemas = \"x\" }\n");
    fixture.run(&["tenants"]).fails(2, &["NO_SUCH"]);
    fixture.run(&["tenants", "--config", "missing.toml"]).fails(2, &["missing.toml"]);
    std::fs::remove_file(fixture.path("schema-sync.toml")).unwrap();
    fixture.run(&["tenants"]).fails(2, &["schema-sync init"]);
}

#[test]
fn a_wish_that_is_not_said_plainly() {
    let fixture = fixture();
    fixture.run(&["bless", "v2.sql"]).ok(0);
    let before = fixture.live_hash("acme");
    fixture.run(&["sync", "--all"]).fails(2, &["no terminal", "--yes"]);
    fixture.run(&["sync", "--yes"]).fails(2, &["no tenant is named"]);
    fixture.run(&["sync", "--all", "--yes", "--allow", "all"]).fails(2, &["--allow all", "--force"]);
    fixture.run(&["sync", "--all", "--yes", "--allow", "data_los"]).fails(2, &["no hazard", "data_loss"]);
    let target = "sqlite:tenants/acme.db";
    fixture.run(&["sync", "--source", "v2.sql", "--target", target]).fails(2, &["--dry-run", "--apply"]);
    fixture.run(&["diff", "live:acme", "v2.sql", "--format", "sql"]).fails(2, &["--format"]);
    fixture.run(&["plan", "v2.sql"]).fails(2, &["plan FROM TO"]);
    assert_eq!(fixture.run(&["nonsense"]).code, 2);
    assert_eq!(fixture.live_hash("acme"), before);
}

#[test]
fn sql_of_an_unknown_database() {
    let fixture = Fixture::new(&[]);
    std::fs::remove_file(fixture.path("schema-sync.toml")).unwrap();
    fixture.run(&["show", "v2.sql"]).fails(2, &["which database's SQL", "--dialect"]);
    fixture.run(&["show", "v2.sql", "--dialect", "sqlite"]).ok(0);
    fixture.run(&["show", "v2.sql", "--dialect", "oracle"]).fails(2, &["`oracle`"]);
}

#[test]
fn rows_that_do_not_allow_the_plan() {
    let fixture = Fixture::with_store(&[("acme", "CREATE TABLE t (x TEXT); INSERT INTO t VALUES (NULL);")]);
    fixture.write("v.sql", "CREATE TABLE t (x TEXT NOT NULL);");
    fixture.run(&["bless", "v.sql"]).ok(0);
    let before = fixture.live_hash("acme");
    let ended = fixture.run(&["sync", "--all", "--yes"]);
    assert!(ended.code >= 3 && ended.stderr.contains("eu/acme"), "{ended:?}");
    assert_eq!((fixture.live_hash("acme"), fixture.rows("acme", "t")), (before, 1));
}
