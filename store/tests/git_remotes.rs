//! Git stores that are shared through a remote: two clones of it and many processes, racing; a remote that is away, that
//! refuses, that is no store.

#![cfg(all(unix, feature = "git"))]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;
#[path = "common/git_store.rs"]
mod fixture;
#[path = "common/git.rs"]
mod program;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use common::parts::{Part, answer, url_of_part};
use common::race::{race, winners};
use common::{acme, entry, snapshot};
use fixture::whole_log;
use program::{check, git};
use schema_sync_store::{Append, GitStore, LogName, OpenMode, SnapshotStore, StoreError, StoreUrl, open_store};
use tempfile::TempDir;
use tokio::runtime::Runtime;

type Outcome = Result<(), Box<dyn std::error::Error>>;

const RACERS: usize = 8;
const ROUNDS: u64 = 25;
const WRITERS: usize = 6;
const WRITTEN_EACH: usize = 15;

/// A bare remote with a store in it, and two clones.
struct Shared {
    folder: TempDir,
    remote: PathBuf,
    clones: [PathBuf; 2],
}

fn shared() -> Shared {
    let folder = TempDir::new().unwrap();
    git(folder.path(), &["init", "--quiet", "--bare", "--shared", "remote.git"]);
    let clones = ["one", "two"].map(|name| {
        git(folder.path(), &["clone", "--quiet", "remote.git", name]);
        folder.path().join(name)
    });
    let remote = folder.path().join("remote.git");
    Shared { folder, remote, clones }
}

async fn open(clone: &Path, mode: OpenMode) -> Result<GitStore, StoreError> {
    GitStore::open(clone, Some("origin"), mode).await
}

fn url(clone: &Path) -> StoreUrl {
    StoreUrl::Git { path: clone.to_owned(), remote: Some("origin".to_owned()) }
}

#[tokio::test]
async fn what_one_clone_writes_the_other_reads() -> Outcome {
    let shared = shared();
    let missing = open(&shared.clones[0], OpenMode::ReadWrite).await.unwrap_err();
    assert!(matches!(missing, StoreError::NotAStore { .. }), "{missing:?}");
    let one = open(&shared.clones[0], OpenMode::Create).await?;
    let two = open(&shared.clones[1], OpenMode::ReadWrite).await?;
    let hash = one.put(&snapshot(1)).await?;
    let first = one.append(&acme(), None, entry("one").snapshot(hash)).await?;
    assert_eq!(two.last_entry(&acme()).await?, Some(first.clone()));
    assert_eq!(two.get(&hash).await?, snapshot(1));
    let late = two.append(&acme(), None, entry("late")).await.unwrap_err();
    assert!(matches!(&late, StoreError::Conflict { found, .. } if *found == Some(first.hash)), "{late:?}");
    let second = two.append(&acme(), Some(&first.hash), entry("two")).await?;
    assert_eq!(whole_log(&one, &acme()).await?, [first, second.clone()]);
    let hashes = two.put_all(&[snapshot(1), snapshot(2)]).await?;
    assert_eq!(one.remove(&hashes, jiff::Timestamp::MAX).await?, hashes, "history may be left out of the index");
    assert_eq!(two.objects(None, 9).await?, []);
    // The remote itself is the store as well.
    let direct = GitStore::open(&shared.remote, None, OpenMode::ReadOnly).await?;
    assert_eq!(direct.last_entry(&acme()).await?, Some(second));
    for path in [&shared.remote, &shared.clones[0], &shared.clones[1]] {
        check(path);
    }
    Ok(())
}

#[tokio::test]
async fn many_logs_are_pushed_together_and_each_has_its_answer() -> Outcome {
    let shared = shared();
    let one = open(&shared.clones[0], OpenMode::Create).await?;
    let two = open(&shared.clones[1], OpenMode::Create).await?;
    let logs: Vec<LogName> = (0..1_200).map(|number| LogName::tenant(&format!("t{number}")).unwrap()).collect();
    let appends = |by: &'static str, step: usize| {
        let logs: Vec<LogName> = logs.iter().step_by(step).cloned().collect();
        logs.into_iter().map(|log| Append { log, expected: None, entry: entry(by) }).collect::<Vec<_>>()
    };
    let (from_one, from_two) = tokio::join!(one.append_all(appends("one", 1)), two.append_all(appends("two", 2)));
    let mut won = std::collections::BTreeMap::new();
    for answer in from_one.into_iter().chain(from_two) {
        match answer {
            Ok(entry) => assert!(won.insert(entry.log.clone(), entry).is_none(), "two have won"),
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    assert_eq!(won.len(), logs.len());
    for store in [&one, &two] {
        for (log, last) in logs.iter().zip(store.last_entries(&logs).await?) {
            assert_eq!(last.as_ref(), won.get(log));
        }
    }
    check(&shared.remote);
    Ok(())
}

#[test]
fn processes_of_two_clones_have_one_winner_a_round() {
    let runtime = Runtime::new().unwrap();
    if let Some(url) = url_of_part() {
        return runtime.block_on(race(&url, &acme()));
    }
    let shared = shared();
    let name = "processes_of_two_clones_have_one_winner_a_round";
    let racers: Vec<Part> = (0..RACERS).map(|racer| Part::play(name, &url(&shared.clones[racer % 2]))).collect();
    let winners = winners(racers, ROUNDS);
    for clone in &shared.clones {
        let read = async { whole_log(&open(clone, OpenMode::ReadOnly).await.unwrap(), &acme()).await.unwrap() };
        let entries = runtime.block_on(read);
        assert_eq!(entries.iter().map(|entry| entry.hash).collect::<Vec<_>>(), winners);
    }
    check(&shared.remote);
}

/// Puts snapshots of its own and appends them to one log, as often as others leave it to.
async fn write(url: &StoreUrl) {
    let store = open_store(url, OpenMode::Create).await.unwrap();
    let own = usize::try_from(std::process::id()).unwrap() * 1_000;
    for number in 0..WRITTEN_EACH {
        let hash = store.put(&snapshot(own + number)).await.unwrap();
        loop {
            let last = store.last_entry(&acme()).await.unwrap().map(|last| last.hash);
            match store.append(&acme(), last.as_ref(), entry("mine").snapshot(hash)).await {
                Ok(entry) => break answer(entry.hash),
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
    }
}

#[test]
fn processes_of_two_clones_lose_nothing() {
    let runtime = Runtime::new().unwrap();
    if let Some(url) = url_of_part() {
        return runtime.block_on(write(&url));
    }
    let shared = shared();
    let name = "processes_of_two_clones_lose_nothing";
    let writers: Vec<Part> = (0..WRITERS).map(|writer| Part::play(name, &url(&shared.clones[writer % 2]))).collect();
    let mut answered: Vec<String> = writers.into_iter().flat_map(Part::hear_rest).collect();
    answered.sort();
    assert_eq!(answered.len(), WRITERS * WRITTEN_EACH);
    runtime.block_on(async {
        let store = open(&shared.clones[0], OpenMode::ReadOnly).await.unwrap();
        let entries = whole_log(&store, &acme()).await.unwrap();
        let mut kept: Vec<String> = entries.iter().map(|entry| entry.hash.to_string()).collect();
        kept.sort();
        assert_eq!(kept, answered);
        for entry in entries {
            store.get(&entry.snapshot.unwrap()).await.unwrap();
        }
    });
    check(&shared.remote);
}

#[tokio::test]
async fn a_remote_that_is_away_is_an_error_before_anything_is_changed() -> Outcome {
    let shared = shared();
    let one = open(&shared.clones[0], OpenMode::Create).await?;
    let first = one.append(&acme(), None, entry("one")).await?;
    let away = shared.folder.path().join("away.git");
    fs::rename(&shared.remote, &away)?;
    let refs = || git(&shared.clones[0], &["for-each-ref"]);
    let before = refs();
    let errors = [
        one.append(&acme(), Some(&first.hash), entry("two")).await.unwrap_err(),
        one.put(&snapshot(1)).await.unwrap_err(),
        one.last_entry(&acme()).await.unwrap_err(),
        open(&shared.clones[1], OpenMode::ReadWrite).await.unwrap_err(),
    ];
    for error in errors {
        let text = error.to_string();
        assert!(
            matches!(error, StoreError::Io { .. }) && text.contains("remote origin could not be fetched"),
            "{text}"
        );
        assert!(text.contains("?remote=origin"), "{text}");
    }
    assert_eq!(refs(), before);
    fs::rename(&away, &shared.remote)?;
    let second = one.append(&acme(), Some(&first.hash), entry("two")).await?;
    assert_eq!(whole_log(&one, &acme()).await?, [first, second]);
    Ok(())
}

#[tokio::test]
async fn a_remote_that_refuses_is_an_error_and_its_words_are_told() -> Outcome {
    let shared = shared();
    let one = open(&shared.clones[0], OpenMode::Create).await?;
    let first = one.append(&acme(), None, entry("one")).await?;
    let hook = shared.remote.join("hooks/pre-receive");
    fs::create_dir_all(hook.parent().unwrap())?;
    fs::write(&hook, "#!/bin/sh\necho this branch is protected\nexit 1\n")?;
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755))?;
    let error = one.append(&acme(), Some(&first.hash), entry("two")).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::Io { reason, .. } if reason.contains("this branch is protected")),
        "{error:?}"
    );
    assert_eq!(whole_log(&one, &acme()).await?, [first]);
    Ok(())
}

#[tokio::test]
async fn a_remote_that_is_something_else_is_refused() -> Outcome {
    let shared = shared();
    let folder = shared.folder.path();
    git(folder, &["init", "--quiet", "-b", "main", "project"]);
    git(&folder.join("project"), &["commit", "--quiet", "--allow-empty", "-m", "first"]);
    git(&folder.join("project"), &["push", "--quiet", "../remote.git", "main"]);
    for mode in [OpenMode::Create, OpenMode::ReadWrite, OpenMode::ReadOnly] {
        let error = open(&shared.clones[0], mode).await.unwrap_err();
        assert!(matches!(error, StoreError::NotAStore { .. }), "{error:?}");
        let error = GitStore::open(&shared.clones[0], Some("upstream"), mode).await.unwrap_err();
        assert!(error.to_string().contains("no remote upstream"), "{error}");
    }
    assert_eq!(git(&shared.remote, &["for-each-ref", "--format=%(refname)"]), "refs/heads/main\n");
    Ok(())
}

#[tokio::test]
async fn what_is_here_alone_must_be_shared_first() -> Outcome {
    let shared = shared();
    let clone = &shared.clones[0];
    let alone = GitStore::open(clone, None, OpenMode::Create).await?;
    let hash = alone.put(&snapshot(1)).await?;
    let first = alone.append(&acme(), None, entry("alone").snapshot(hash)).await?;
    let error = open(clone, OpenMode::Create).await.unwrap_err();
    assert!(error.to_string().contains("`git push origin --all` shares it"), "{error}");
    git(clone, &["push", "--quiet", "origin", "--all"]);
    let store = open(clone, OpenMode::ReadWrite).await?;
    let second = store.append(&acme(), Some(&first.hash), entry("shared").snapshot(hash)).await?;
    let other = open(&shared.clones[1], OpenMode::ReadOnly).await?;
    assert_eq!(whole_log(&other, &acme()).await?, [first, second.clone()]);
    open(clone, OpenMode::ReadWrite).await?;
    assert_eq!(alone.last_entry(&acme()).await?, Some(second), "what was fetched is read without the remote too");
    Ok(())
}
