//! `bless`: what must be true before a ref moves, and who signs.

use schema_sync::store::{Object, ObjectId, SchemaSnapshot};

use crate::fixture::{Ended, Fixture, V1};

fn fixture() -> Fixture {
    let fixture = Fixture::with_store(&[("acme", V1)]);
    fixture.run(&["capture", "--all"]).ok(0);
    fixture.run(&["bless", "tenant:acme", "-m", "first"]).ok(0);
    fixture
}

#[test]
fn a_ref_moves_only_from_where_it_is_expected() {
    let fixture = fixture();
    fixture.run(&["bless", "v2.sql", "--expect", "v2.sql"]).fails(4, &["blessed is not", "as expected"]);
    fixture.run(&["bless", "v2.sql", "--as", "new", "--expect", "blessed"]).fails(4, &["it is not there"]);
    fixture.run(&["bless", "v2.sql", "--expect", "tenant:acme"]).ok(0);
    fixture.run(&["bless", "tenant:acme", "--expect", "tenant:acme", "--yes"]).fails(4, &["as expected"]);
    assert_eq!(fixture.json(&["log"], 0)["entries"].as_array().unwrap().len(), 2);
}

#[test]
fn going_back_asks() {
    let fixture = fixture();
    fixture.run(&["bless", "v2.sql"]).ok(0);
    fixture.run(&["bless", "blessed~1"]).fails(2, &["goes back", "(first)", "no terminal", "--yes"]);
    fixture.run(&["bless", "v2.sql"]).ok(0);
    fixture.run(&["bless", "blessed~1", "--yes"]).ok(0);
    fixture.run(&["bless", "blessed~1", "--force"]).ok(0);
    assert_eq!(fixture.json(&["log"], 0)["entries"].as_array().unwrap().len(), 4);
}

#[test]
fn a_snapshot_that_is_not_modelled_or_not_whole_is_refused_by_name() {
    let fixture = fixture();
    let strange = Object::new(ObjectId::new("unmodelled", ["virtual table strange"]));
    let snapshot = SchemaSnapshot::new("sqlite", [].into(), vec![strange]).unwrap();
    fixture.write("strange.snapshot", snapshot.to_bytes());
    fixture.run(&["bless", "strange.snapshot"]).fails(3, &["virtual table strange", "no model", "--force"]);
    fixture.run(&["store", "check"]).ok(0);
    let document = fixture.run(&["show", "v2.sql", "--format", "snapshot"]).ok(0);
    let is_table = |line: &&str| serde_json::from_str::<serde_json::Value>(line).unwrap()["kind"] == "table";
    let without_table: Vec<&str> = document.lines().filter(|line| !is_table(line)).collect();
    fixture.write("part.snapshot", format!("{}\n", without_table.join("\n")));
    fixture.run(&["bless", "part.snapshot"]).fails(3, &["users", "not in the snapshot", "not whole"]);
    assert_eq!(fixture.json(&["log"], 0)["entries"].as_array().unwrap().len(), 1);
    fixture.run(&["bless", "strange.snapshot", "--force"]).ok(0);
}

#[test]
fn of_many_that_move_a_ref_each_sees_the_one_before() {
    let fixture = fixture();
    let spawn = |number: usize| {
        fixture.write(&format!("s{number}.sql"), format!("CREATE TABLE t{number} (x);"));
        let arguments = ["bless".to_owned(), format!("s{number}.sql"), "--expect".to_owned(), "tenant:acme".to_owned()];
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut command = fixture.command(&arguments);
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = (0..8).map(spawn).collect();
    let codes: Vec<i32> =
        children.into_iter().map(|child| Ended::from(child.wait_with_output().unwrap()).code).collect();
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), 1, "{codes:?}");
    assert!(codes.iter().all(|code| [0, 4].contains(code)), "{codes:?}");
    assert_eq!(fixture.json(&["log"], 0)["entries"].as_array().unwrap().len(), 2);
}

#[test]
fn who_signs_is_who_is_named_or_whom_git_knows() {
    let fixture = fixture();
    fixture.write("gitconfig", "[user]\n\tname = Ada Lovelace\n\temail = ada@example.org\n");
    let author = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = fixture.command(&[&["bless", "v2.sql", "--format", "json", "--yes"], arguments].concat());
        command.env_remove("SCHEMA_SYNC_AUTHOR").env("GIT_CONFIG_NOSYSTEM", "1");
        command.env("GIT_CONFIG_GLOBAL", fixture.path("nothing")).envs(variables.iter().copied());
        let ended = Ended::from(command.output().unwrap());
        assert_eq!(ended.stderr, "");
        let printed: serde_json::Value = serde_json::from_str(&ended.ok(0)).unwrap();
        printed["entry"]["author"].as_str().unwrap().to_owned()
    };
    let gitconfig = fixture.path("gitconfig").display().to_string();
    let known = [("GIT_CONFIG_GLOBAL", gitconfig.as_str())];
    assert_eq!(author(&known, &["--as", "a"]), "Ada Lovelace <ada@example.org>");
    assert_eq!(author(&known, &["--as", "b", "--author", "Grace"]), "Grace");
    let user = author(&[], &["--as", "c"]);
    assert!(!user.is_empty() && !user.contains('<'), "{user}");
    assert_eq!(author(&[("PATH", "/nowhere")], &["--as", "d"]), user);
}
