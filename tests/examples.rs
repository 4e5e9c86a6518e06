//! Every example runs, and says what it promises.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it should be")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// Where the examples are, built with the same dependencies as this test so that nothing is built twice.
static EXAMPLES: LazyLock<PathBuf> = LazyLock::new(|| {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--workspace", "--examples"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    assert!(build.status().unwrap().success());
    let own = std::env::current_exe().unwrap();
    own.ancestors().nth(2).map(|profile: &Path| profile.join("examples")).unwrap()
});

fn run(name: &str) -> (Option<i32>, String) {
    let output = Command::new(EXAMPLES.join(name)).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn basic_usage_brings_both_tenants_to_what_is_blessed() {
    let (code, printed) = run("basic_usage");
    assert_eq!((code, printed.matches("applied true, 1 changes").count()), (Some(0), 2), "{printed}");
}

#[test]
fn dry_run_shows_the_plan_and_the_refusal() {
    let (code, printed) = run("dry_run");
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.contains("ALTER TABLE") && printed.contains("--allow data_loss=users.pet"), "{printed}");
}

#[test]
fn ci_validation_fails_because_of_the_drifted_tenant() {
    let (code, printed) = run("ci_validation");
    assert_eq!(code, Some(1), "{printed}");
    assert!(printed.contains("acme: valid") && printed.contains("globex: differs"), "{printed}");
}
