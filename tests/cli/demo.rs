//! The demo: the whole job, twice, and only in a folder of its own.

use crate::fixture::Fixture;

#[test]
fn the_demo_runs_twice_and_keeps_every_row() {
    let fixture = Fixture::new(&[]);
    for _ in 0..2 {
        let shown = fixture.run(&["demo"]).ok(0);
        for words in [
            "12 tenants",
            "$ schema-sync capture --all",
            "$ schema-sync sync --all --to blessed --yes",
            "11 applied, 1 refused",
            "12 in sync, 0 not",
            "Every row is still there",
            "cd schema-sync-demo",
        ] {
            assert!(shown.contains(words), "`{words}` is not in:\n{shown}");
        }
    }
    fixture.write("schema-sync-demo/mine.txt", "mine");
    fixture.run(&["demo"]).ok(0);
    assert!(fixture.path("schema-sync-demo/mine.txt").exists());
}

#[test]
fn a_folder_that_the_demo_did_not_make_is_left_alone() {
    let fixture = Fixture::new(&[]);
    std::fs::create_dir_all(fixture.path("mine/tenants")).unwrap();
    fixture.write("mine/tenants/a.db", "precious");
    fixture.run(&["demo", "mine"]).fails(2, &["left alone"]);
    assert_eq!(std::fs::read_to_string(fixture.path("mine/tenants/a.db")).unwrap(), "precious");
}
