//! Repositories that are no git store, that are damaged, or that somebody committed to by hand.

#![cfg(feature = "git")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;
#[path = "common/git_store.rs"]
mod fixture;
#[path = "common/git.rs"]
mod program;

use std::fs;
use std::path::{Path, PathBuf};

use common::{acme, entry, snapshot};
use fixture::{contents, small_store};
use program::{check, git, git_fails};
use schema_sync_store::{GitStore, LogRange, OpenMode, SchemaSnapshot, SnapshotHash, SnapshotStore, StoreError};
use tempfile::TempDir;

type Outcome = Result<(), Box<dyn std::error::Error>>;

const MODES: [OpenMode; 3] = [OpenMode::Create, OpenMode::ReadWrite, OpenMode::ReadOnly];

async fn error_of_opening(path: &Path, mode: OpenMode) -> StoreError {
    let error = GitStore::open(path, None, mode).await.unwrap_err();
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error} does not name its store");
    error
}

#[tokio::test]
async fn what_is_not_a_store_is_refused_and_left_as_it_is() -> Outcome {
    let folder = TempDir::new()?;
    let path = |name: &str| folder.path().join(name);
    git(folder.path(), &["init", "--quiet", "-b", "main", "project"]);
    git(&path("project"), &["commit", "--quiet", "--allow-empty", "-m", "first"]);
    git(folder.path(), &["init", "--quiet", "--bare", "tagged.git"]);
    git(&path("project"), &["push", "--quiet", "../tagged.git", "main:refs/tags/v1"]);
    git(folder.path(), &["clone", "--quiet", "project", "clone"]);
    fs::create_dir(path("folder"))?;
    fs::write(path("folder/file"), "")?;
    let refs = |name: &str| git(&path(name), &["for-each-ref"]);
    let before = ["project", "tagged.git", "clone"].map(refs);
    for (name, reason) in [
        ("project", "has no branch schema-sync/store"),
        ("tagged.git", "has no branch schema-sync/store"),
        ("clone", "has no branch schema-sync/store"),
        ("folder", "not a git repository"),
        ("folder/file", "not a folder"),
    ] {
        for mode in MODES {
            let error = error_of_opening(&path(name), mode).await;
            assert!(matches!(&error, StoreError::NotAStore { .. }), "{name}: {error:?}");
            assert!(error.to_string().contains(reason), "{name}: {error}");
        }
    }
    assert_eq!(["project", "tagged.git", "clone"].map(refs), before);
    Ok(())
}

#[tokio::test]
async fn only_create_makes_a_store() -> Outcome {
    let folder = TempDir::new()?;
    let path = folder.path().join("a/b/store.git");
    for mode in [OpenMode::ReadWrite, OpenMode::ReadOnly] {
        assert!(matches!(error_of_opening(&path, mode).await, StoreError::Missing { .. }));
        assert!(!folder.path().join("a").exists());
    }
    GitStore::open(&path, None, OpenMode::Create).await?;
    for mode in MODES {
        GitStore::open(&path, None, mode).await?;
    }
    assert_eq!(git(&path, &["rev-parse", "--is-bare-repository"]).trim(), "true");
    // Made by hand, bare or not, with nothing in it yet.
    for (name, option) in [("plain", "--quiet"), ("bare.git", "--bare")] {
        git(folder.path(), &["init", "--quiet", option, name]);
        let path = folder.path().join(name);
        for mode in [OpenMode::ReadWrite, OpenMode::ReadOnly] {
            assert!(matches!(error_of_opening(&path, mode).await, StoreError::NotAStore { .. }));
        }
        small_store(&path).await?;
        check(&path);
    }
    fs::create_dir(folder.path().join("empty"))?;
    small_store(&folder.path().join("empty")).await?;
    Ok(())
}

#[tokio::test]
async fn a_newer_layout_is_called_newer() -> Outcome {
    let folder = TempDir::new()?;
    let path = folder.path().join("store.git");
    small_store(&path).await?;
    git(folder.path(), &["clone", "--quiet", "store.git", "clone"]);
    let clone = folder.path().join("clone");
    fs::write(clone.join("layout"), "2\n")?;
    git(&clone, &["commit", "--quiet", "-a", "-m", "newer"]);
    git(&clone, &["push", "--quiet", "origin", "HEAD"]);
    for mode in MODES {
        let error = error_of_opening(&path, mode).await;
        assert!(matches!(error, StoreError::Newer { found: 2, supported: 1, .. }), "{error:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_store_opened_to_be_read_is_not_written() -> Outcome {
    let folder = TempDir::new()?;
    let path = folder.path().join("store.git");
    small_store(&path).await?;
    fs::remove_dir_all(path.join("schema-sync"))?;
    let files = || walk(&path);
    let before = files();
    let store = GitStore::open(&path, None, OpenMode::ReadOnly).await?;
    let last = store.last_entry(&acme()).await?.map(|last| last.hash);
    let refused = [
        store.put(&snapshot(9)).await.unwrap_err(),
        store.append(&acme(), last.as_ref(), entry("late")).await.unwrap_err(),
        store.import(&acme(), &[]).await.unwrap_err(),
        store.remove(&[snapshot(1).hash()], jiff::Timestamp::MAX).await.unwrap_err(),
    ];
    for error in refused {
        assert_eq!(error, StoreError::ReadOnly { store: store.location().to_owned() });
    }
    contents(&store).await?;
    assert_eq!(files(), before);
    Ok(())
}

#[tokio::test]
async fn what_was_committed_by_hand_is_found() -> Outcome {
    let by_hand: [(&str, &[&[&str]]); 6] = [
        ("an empty commit", &[&["commit", "--allow-empty", "-m", "by hand"]]),
        ("another note", &[&["commit", "--amend", "-m", "acme: captured"]]),
        ("another snapshot's entry", &[&["commit", "--allow-empty", "-C", "HEAD~1"]]),
        ("an entry left out", &[&["reset", "--soft", "HEAD~2"], &["commit", "--allow-empty", "-C", "ORIG_HEAD"]]),
        ("another log", &[&["branch", "tenants/other"]]),
        (
            "a merge",
            &[&[
                "merge",
                "--no-ff",
                "--allow-unrelated-histories",
                "-s",
                "ours",
                "-m",
                "x",
                "origin/schema-sync/store",
            ]],
        ),
    ];
    for (what, commands) in by_hand {
        let folder = TempDir::new()?;
        let path = folder.path().join("store.git");
        let store = small_store(&path).await?;
        git(folder.path(), &["clone", "--quiet", "-b", "tenants/acme", "store.git", "clone"]);
        let clone = folder.path().join("clone");
        for command in commands {
            git(&clone, command);
        }
        git(&clone, &["push", "--quiet", "--force", "origin", "--all"]);
        let mut damaged = Vec::new();
        for log in store.logs("tenants/").await? {
            damaged.extend(store.read(&log, LogRange::last(100)).await.err());
        }
        let [StoreError::Corrupt { store: named, .. }] = &damaged[..] else { panic!("{what}: {damaged:?}") };
        assert_eq!(named, store.location());
    }
    Ok(())
}

/// The file that git keeps an object in.
fn file_of(path: &Path, id: &str) -> PathBuf {
    path.join("objects").join(&id[..2]).join(id[2..].trim())
}

#[tokio::test]
async fn an_object_with_one_byte_changed_is_damaged() -> Outcome {
    let folder = TempDir::new()?;
    let path = folder.path().join("store.git");
    small_store(&path).await?;
    let blob = file_of(&path, &git(&path, &["rev-parse", "tenants/acme:schema.ndjson"]));
    let right = change_every_byte(&path, &blob).await?;
    assert!(right <= 8, "{right} changes of a file were not found");
    git(&path, &["gc", "--quiet", "--prune=now"]);
    assert!(!blob.exists());
    for kind in ["pack", "idx"] {
        let files = walk(&path.join("objects/pack"));
        let (file, bytes) = files.iter().find(|(path, _)| path.extension().is_some_and(|found| found == kind)).unwrap();
        let right = change_every_byte(&path, file).await?;
        // Most of a pack is about other objects, and some of it is sums that are for checking alone.
        assert!(right < bytes.len(), "{right} changes of {} bytes were not found", bytes.len());
    }
    Ok(())
}

/// Answers how many changes did not matter: what is answered is right, or it is an error.
async fn change_every_byte(path: &Path, file: &Path) -> Result<usize, Box<dyn std::error::Error>> {
    let whole = fs::read(file)?;
    let mut right = 0;
    for position in 0..whole.len() {
        let mut changed = whole.clone();
        changed[position] ^= 0x10;
        fs::remove_file(file)?;
        fs::write(file, &changed)?;
        let Ok(store) = GitStore::open(path, None, OpenMode::ReadOnly).await else { continue };
        let damage = |error: StoreError| match error {
            StoreError::Corrupt { .. } => {}
            error => panic!("byte {position} of {}: {error:?}", file.display()),
        };
        match store.get(&snapshot(2).hash()).await {
            Ok(found) => assert_eq!(found.to_bytes(), snapshot(2).to_bytes()),
            Err(error) => damage(error),
        }
        match store.get(&snapshot(1).hash()).await {
            Ok(found) => {
                assert_eq!(found.to_bytes(), snapshot(1).to_bytes());
                right += 1;
            }
            Err(error) => damage(error),
        }
        match store.read(&acme(), LogRange::last(10)).await {
            Ok(found) => assert_eq!(found.len(), 3),
            Err(error) => damage(error),
        }
    }
    fs::remove_file(file)?;
    fs::write(file, whole)?;
    Ok(right)
}

#[tokio::test]
async fn bytes_under_their_hash_that_are_no_snapshot_are_said_to_be() -> Outcome {
    let folder = TempDir::new()?;
    let path = folder.path().join("store.git");
    let store = small_store(&path).await?;
    let newer = "{\"coverage\":[],\"dialect\":\"test\",\"format\":2}\n";
    let hash = SnapshotHash::of(newer.as_bytes());
    let file = folder.path().join("newer");
    fs::write(&file, newer)?;
    let blob = git(&path, &["hash-object", "-w", file.to_str().unwrap()]);
    let index = path.join("index");
    let name = format!("{}/{hash}.0", &hash.to_string()[..2]);
    let objects = || {
        let mut command = program::command(&path);
        command.env("GIT_INDEX_FILE", &index);
        command
    };
    assert!(objects().args(["read-tree", "schema-sync/objects"]).status()?.success());
    let added = format!("100644,{},{name}", blob.trim());
    assert!(objects().args(["update-index", "--add", "--cacheinfo", &added]).status()?.success());
    let tree = String::from_utf8(objects().arg("write-tree").output()?.stdout)?;
    let commit = git(&path, &["commit-tree", tree.trim(), "-p", "schema-sync/objects", "-m", "by hand"]);
    git(&path, &["update-ref", "refs/heads/schema-sync/objects", commit.trim()]);
    let error = store.get(&hash).await.unwrap_err();
    assert!(matches!(&error, StoreError::Snapshot { hash: named, .. } if *named == hash), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn a_missing_commit_or_blob_is_damage() -> Outcome {
    for what in [
        "tenants/acme",
        "tenants/acme~1",
        "tenants/acme~2",
        "tenants/acme^{tree}",
        "tenants/acme:schema.ndjson",
        "schema-sync/objects",
        "schema-sync/objects^{tree}",
    ] {
        let folder = TempDir::new()?;
        let path = folder.path().join("store.git");
        small_store(&path).await?;
        fs::remove_file(file_of(&path, &git(&path, &["rev-parse", what])))?;
        git_fails(&path, &["fsck", "--strict"]);
        let store = GitStore::open(&path, None, OpenMode::ReadWrite).await?;
        let log = store.read(&acme(), LogRange::last(10)).await.err();
        let object = store.get(&snapshot(1).hash()).await.err();
        let last = store.put(&SchemaSnapshot::empty("test")).await.err();
        let found: Vec<StoreError> = [log, object, last].into_iter().flatten().collect();
        assert!(!found.is_empty() || what.contains("{tree}"), "{what}");
        assert!(found.iter().all(|error| matches!(error, StoreError::Corrupt { .. })), "{what}: {found:?}");
    }
    Ok(())
}

fn walk(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            files.extend(walk(&path));
        } else {
            files.push((path.clone(), fs::read(path).unwrap()));
        }
    }
    files.sort();
    files
}
