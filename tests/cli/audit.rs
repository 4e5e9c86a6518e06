//! `audit`: what was where, when and by whom; and bundles that others can verify.

use std::io::Read;
use std::process::Command;

use schema_sync_test_cluster::Cluster;
use serde_json::Value;

use crate::fixture::{Fixture, V1};

const EVIL: &str = "<script>alert(1)</script> | =cmd() \"quoted\"";

/// acme as V1, then changed by somebody with a strange name; globex as V1 all along. Answers a time in between.
fn fixture() -> (Fixture, String) {
    let fixture = Fixture::with_store(&[("acme", V1), ("globex", V1)]);
    fixture.run(&["capture", "--all", "--author", "Ada"]).ok(0);
    std::thread::sleep(std::time::Duration::from_millis(20));
    let between = jiff::Timestamp::now().to_string();
    std::thread::sleep(std::time::Duration::from_millis(20));
    fixture.tenant("acme").execute_batch("CREATE TABLE more (x)").unwrap();
    fixture.run(&["capture", "--all", "--author", EVIL]).ok(0);
    fixture.run(&["bless", "tenant:acme", "-m", "more"]).ok(0);
    (fixture, between)
}

fn row<'a>(audit: &'a Value, tenant: &str) -> &'a Value {
    audit["tenants"].as_array().unwrap().iter().find(|row| row["tenant"] == tenant).unwrap()
}

#[test]
fn what_was_then_and_what_is_now() {
    let (fixture, between) = fixture();
    let audit = fixture.json(&["audit", "--at", &between], 0);
    let acme = row(&audit, "eu/acme");
    assert_eq!(acme["then"]["entry"]["author"], "Ada");
    assert_eq!((&acme["changes"], &acme["now"]["entry"]["author"]), (&2.into(), &EVIL.into()));
    assert_eq!(acme["then"]["hash"], fixture.json(&["show", &format!("tenant:acme@{{{between}}}")], 0)["hash"]);
    assert_eq!(row(&audit, "eu/globex")["changes"], 0);
    let text = fixture.run(&["audit", "acme", "--at", &between]).ok(0);
    assert!(text.contains("by Ada") && text.contains("2 changes") && text.contains("1 tenant, 1 changed"), "{text}");
    assert!(fixture.run(&["audit"]).ok(0).contains("2 tenants, 0 changed since"));
    // No entry and no object was added by looking.
    assert_eq!(fixture.json(&["store", "check", "--read-data"], 0)["entries"], 4);
}

#[test]
fn every_form_takes_what_others_wrote_as_text() {
    let (fixture, between) = fixture();
    let run = |format: &str| fixture.run(&["audit", "--all", "--at", &between, "--format", format]).ok(0);
    let html = run("html");
    assert!(
        html.starts_with("<!DOCTYPE html>") && html.contains("&lt;script&gt;alert(1)") && !html.contains("<script")
    );
    assert!(!html.contains("http") && html.contains("+ table more"), "{html}");
    let markdown = run("markdown");
    assert!(markdown.contains("| eu/acme |") && markdown.contains("&lt;script>") && markdown.contains("```diff"));
    let rows: Vec<&str> = markdown.lines().filter(|line| line.starts_with('|')).collect();
    let bars = |line: &str| line.replace("\\|", "").matches('|').count();
    assert!(rows.len() == 4 && rows.iter().all(|line| bars(line) == bars(rows[0])), "{markdown}");
    let csv = run("csv");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(|record| record.unwrap()).collect();
    assert_eq!((rows.len(), &rows[0][0], &rows[0][5], &rows[0][11]), (2, "eu/acme", "Ada", EVIL));
    fixture.run(&["capture", "--all", "--author", "=1+1"]).ok(0);
    fixture.tenant("acme").execute_batch("CREATE TABLE again (x)").unwrap();
    fixture.run(&["capture", "--all", "--author", "=1+1"]).ok(0);
    assert!(fixture.run(&["audit", "--format", "csv"]).ok(0).contains(",'=1+1,"));
    fixture.run(&["audit", "--format", "sql"]).fails(2, &["--format"]);
}

#[test]
fn times_and_tenants_that_nobody_knows() {
    let (fixture, _) = fixture();
    fixture.run(&["audit", "akme"]).fails(2, &["did you mean `eu/acme`"]);
    fixture.run(&["audit", "--at", "2999-01-01"]).fails(2, &["still to come"]);
    fixture.run(&["audit", "--at", "soon"]).fails(2, &["`soon` is no time", "UTC"]);
    let before = fixture.json(&["audit", "--at", "2001-01-01"], 0);
    assert_eq!((&row(&before, "eu/acme")["then"], row(&before, "eu/acme")["begins"].is_string()), (&Value::Null, true));
    assert!(fixture.run(&["audit", "--at", "2001-01-01"]).ok(0).contains("its history begins at"));
    let today = &jiff::Timestamp::now().to_string()[..10];
    fixture.run(&["audit", "--at", today]).ok(0);
    assert_eq!(fixture.run(&["audit", "acme", "--all"]).code, 2);
}

#[test]
fn a_damaged_log_hides_no_other() {
    let (fixture, between) = fixture();
    let store = rusqlite::Connection::open(fixture.path(".schema-sync/store.db")).unwrap();
    store.execute("UPDATE entries SET entry = 'x' WHERE log = 'tenants/eu/globex'", []).unwrap();
    let ended = fixture.run(&["audit", "--at", &between]);
    assert!(ended.stdout.contains("by Ada") && ended.stdout.contains("cannot be read"), "{}", ended.stdout);
    ended.fails(4, &["eu/globex", "store check"]);
    store.execute("DELETE FROM objects", []).unwrap();
    let ended = fixture.run(&["audit", "--at", &between]);
    assert!(ended.stdout.contains("cannot be told"), "{}", ended.stdout);
    ended.fails(4, &["eu/acme"]);
}

#[test]
fn the_databases_are_compared_with_the_logs() {
    let (fixture, _) = fixture();
    fixture.tenant("globex").execute_batch("CREATE TABLE drift (x)").unwrap();
    std::fs::write(fixture.path("tenants/broken.db"), "this is no database, though its name says so; and it is long")
        .unwrap();
    let ended = fixture.run(&["audit", "--live", "--format", "json"]);
    assert_eq!(ended.code, 4, "{}", ended.stderr);
    let audit: Value = serde_json::from_str(&ended.stdout).unwrap();
    let state = |tenant: &str| row(&audit, tenant)["live"]["state"].clone();
    assert_eq!([state("eu/acme"), state("eu/globex"), state("eu/broken")], ["found", "differs", "failed"]);
    std::fs::remove_file(fixture.path("tenants/broken.db")).unwrap();
    std::fs::remove_file(fixture.path("tenants/acme.db")).unwrap();
    let text = fixture.run(&["audit", "--live"]).ok(0);
    assert!(text.contains("is gone") && text.contains("which the log does not say"), "{text}");
    assert!(fixture.run(&["audit", "--live", "--format", "html"]).ok(0).contains("class=\"differs\""));
}

#[test]
fn a_role_that_may_only_read_can_audit_and_nothing_is_locked() {
    let cluster = Cluster::start_with(&["log_statement = 'all'", "log_line_prefix = '%u '"]);
    let database = cluster.create_database("audited");
    let sql = "CREATE SCHEMA tenant_a; CREATE TABLE tenant_a.users (id integer PRIMARY KEY, name text NOT NULL); \
               CREATE VIEW tenant_a.names AS SELECT name FROM tenant_a.users; \
               CREATE ROLE auditor LOGIN; ALTER ROLE auditor SET default_transaction_read_only = on; \
               GRANT USAGE ON SCHEMA tenant_a TO auditor; GRANT SELECT ON ALL TABLES IN SCHEMA tenant_a TO auditor";
    cluster.psql("audited", sql);
    let fixture = Fixture::new(&[]);
    let configure = |url: &str| {
        let fleet = format!("[[fleet]]\nname = \"eu\"\nurl = \"{url}\"\ntenants = {{ schemas = \"tenant_*\" }}\n");
        fixture.write("schema-sync.toml", fleet);
    };
    configure(&database.url);
    fixture.run(&["init"]).ok(0);
    fixture.run(&["capture", "--all"]).ok(0);
    configure(&format!("postgres://auditor@127.0.0.1:{}/audited", cluster.port()));
    assert!(fixture.run(&["audit", "--live"]).ok(0).contains("is what the log says"));
    cluster.psql("audited", "ALTER TABLE tenant_a.users ADD COLUMN email text");
    assert!(fixture.run(&["audit", "--live"]).ok(0).contains("which the log does not say"));

    let log = std::fs::read_to_string(cluster.folder().join("server.log")).unwrap();
    let said: Vec<&str> = log.lines().filter(|line| line.starts_with("auditor ")).collect();
    assert!(said.len() > 5, "{log}");
    for word in ["advisory", ": lock ", ": insert ", ": update ", ": create ", ": alter ", "for update", "for share"] {
        let found = said.iter().find(|line| line.to_lowercase().contains(word));
        assert_eq!(found, None, "{word}");
    }
    assert!(said.iter().any(|line| line.to_lowercase().contains("read only")), "{said:#?}");
}

/// Every command of the README of a bundle, in the order of its steps.
fn steps(readme: &str) -> Vec<String> {
    let mut steps: Vec<String> = Vec::new();
    let mut was_command = false;
    for line in readme.lines() {
        let command = line.strip_prefix("       ");
        if let Some(command) = command {
            if !was_command {
                steps.push(String::new());
            }
            let step = steps.last_mut().unwrap();
            step.push_str(command);
            step.push('\n');
        }
        was_command = command.is_some();
    }
    steps
}

#[test]
fn a_bundle_is_verified_with_sha256sum_alone() {
    let (fixture, between) = fixture();
    fixture.run(&["sync", "globex", "--to", "blessed", "--yes"]).ok(0);
    let seal = fixture.run(&["audit", "--bundle", "all.tar"]).ok(0);
    fixture.run(&["audit", "--all", "--bundle", "again.tar"]).ok(0);
    assert_eq!(std::fs::read(fixture.path("all.tar")).unwrap(), std::fs::read(fixture.path("again.tar")).unwrap());
    let report = fixture.json(&["store", "check", "all.tar"], 0);
    assert_eq!((&report["whole"], &report["logs"], &report["entries"]), (&true.into(), &3.into(), &5.into()));

    let folder = fixture.path("unpacked");
    std::fs::create_dir(&folder).unwrap();
    let shell = |script: &str| {
        let output = Command::new("sh").args(["-c", script]).current_dir(&folder).output().unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(shell("tar -xf ../all.tar"), (true, String::new()));
    assert_eq!(shell("sha256sum SHA256SUMS | cut -c 1-64").1, seal);
    let steps = steps(&std::fs::read_to_string(folder.join("README.txt")).unwrap());
    assert_eq!(steps.len(), 3);
    for step in &steps {
        assert_eq!(shell(step), (true, String::new()), "{step}");
    }
    // Packed again it is still one, in whatever order its files come.
    assert!(shell("tar -cf ../repacked.tar .").0);
    fixture.run(&["store", "check", "repacked.tar"]).ok(0);
    // What somebody changes and hides in the sums is found by the chain.
    let entry = folder.join("logs/tenants/eu/acme/entry=0000000001.json");
    let changed = std::fs::read_to_string(&entry).unwrap().replace("Ada", "Eve");
    std::fs::write(&entry, changed).unwrap();
    assert!(!shell(&steps[0]).0);
    assert!(shell("find . -type f ! -name SHA256SUMS | sort | xargs sha256sum > SHA256SUMS").0);
    assert!(shell(&steps[2]).1.contains("WRONG logs/tenants/eu/acme/entry=0000000002.json"));

    // The past does not change: a bundle of it is the same, whatever is appended later.
    fixture.run(&["audit", "acme", "--at", &between, "--bundle", "then.tar"]).ok(0);
    fixture.run(&["bless", "v2.sql"]).ok(0);
    fixture.tenant("acme").execute_batch("CREATE TABLE later (x)").unwrap();
    fixture.run(&["capture", "--all"]).ok(0);
    fixture.run(&["audit", "acme", "--at", &between, "--bundle", "then-again.tar"]).ok(0);
    assert_eq!(
        std::fs::read(fixture.path("then.tar")).unwrap(),
        std::fs::read(fixture.path("then-again.tar")).unwrap()
    );
    assert_eq!(fixture.json(&["store", "check", "then.tar"], 0)["entries"], 1);
    fixture.run(&["audit", "--bundle", "all.tar"]).fails(2, &["there already"]);
    fixture.run(&["audit", "--bundle", "nowhere/all.tar"]).fails(4, &["cannot write"]);
}

#[test]
fn every_damage_of_a_bundle_is_found() {
    let (fixture, _) = fixture();
    fixture.run(&["audit", "--bundle", "all.tar"]).ok(0);
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let mut archive = tar::Archive::new(std::fs::File::open(fixture.path("all.tar")).unwrap());
    for file in archive.entries().unwrap() {
        let mut file = file.unwrap();
        let path = file.path().unwrap().display().to_string();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        files.push((path, bytes));
    }
    let write = |files: &[(String, Vec<u8>)]| {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, bytes) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            builder.append_data(&mut header, path, bytes.as_slice()).unwrap();
        }
        fixture.write("damaged.tar", builder.into_inner().unwrap());
        fixture.run(&["store", "check", "damaged.tar"])
    };
    write(&files).ok(0);
    for index in 1..files.len() {
        let mut changed = files.clone();
        let middle = changed[index].1.len() / 2;
        changed[index].1[middle] ^= 1;
        write(&changed).fails(4, &["damaged.tar is damaged"]);
        let mut lost = files.clone();
        lost.remove(index);
        let path = &files[index].0;
        let ended = write(&lost);
        assert!(ended.stdout.contains(path.as_str()), "{path}: {}", ended.stdout);
        assert_eq!(ended.code, 4);
    }
    let mut more = files.clone();
    more.insert(3, ("extra.txt".to_owned(), b"hello".to_vec()));
    assert!(write(&more).stdout.contains("extra.txt: SHA256SUMS does not name it"));
    let whole = std::fs::read(fixture.path("all.tar")).unwrap();
    for length in [0, 100, 600, whole.len() / 2, whole.len() - 3000] {
        fixture.write("cut.tar", &whole[..length]);
        let code = fixture.run(&["store", "check", "cut.tar"]).code;
        assert!([2, 4].contains(&code), "{length}: {code}");
    }
    fixture.run(&["store", "check", "missing.tar"]).fails(2, &["cannot read missing.tar"]);
    fixture.write("text.tar", "this is no tar file, and it is said so though it is long enough".repeat(20));
    fixture.run(&["store", "check", "text.tar"]).fails(2, &["cannot read text.tar"]);
}
