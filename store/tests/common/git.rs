//! The git program, as tests ask it: without the settings of whoever runs them.

#![allow(dead_code, reason = "each suite uses a part of it")]

use std::path::Path;
use std::process::{Command, Output};

/// A program that runs in a folder, and calls git as nobody in particular.
pub(crate) fn command_of(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_")) {
        command.env_remove(name);
    }
    command.env("HOME", folder).env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0");
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "somebody").env(format!("GIT_{role}_EMAIL"), "somebody@example.org");
    }
    command
}

/// Git, in a folder.
pub(crate) fn command(folder: &Path) -> Command {
    command_of("git", folder)
}

fn run(folder: &Path, arguments: &[&str]) -> (bool, Output) {
    let output = command(folder).args(arguments).output().unwrap();
    (output.status.success(), output)
}

/// What git prints; it must succeed.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let (success, output) = run(folder, arguments);
    assert!(success, "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What git complains of; it must fail.
pub(crate) fn git_fails(folder: &Path, arguments: &[&str]) -> String {
    let (success, output) = run(folder, arguments);
    assert!(!success, "git {arguments:?} did not fail");
    String::from_utf8(output.stderr).unwrap()
}

/// Git must find nothing wrong.
pub(crate) fn check(repository: &Path) {
    let (success, output) = run(repository, &["fsck", "--strict", "--full", "--no-dangling", "--no-progress"]);
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    // A repository in which somebody has made no branch of their own is noted, and is as it should be.
    let complaints: Vec<&str> =
        said.lines().filter(|line| !line.starts_with("notice: HEAD points to an unborn")).collect();
    assert!(success && complaints.is_empty(), "{said}");
}
