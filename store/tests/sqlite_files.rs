//! SQLite store files that are damaged, of something else, or of another version: refused by name, never changed, and
//! never answered wrongly.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{acme, entry, snapshot};
use rusqlite::Connection;
use schema_sync_store::{LogName, LogRange, OpenMode, SnapshotStore, SqliteStore, StoreError};
use tempfile::TempDir;

const MODES: [OpenMode; 3] = [OpenMode::Create, OpenMode::ReadWrite, OpenMode::ReadOnly];

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// A store with one snapshot and three entries, closed.
async fn small_store(folder: &TempDir) -> Result<PathBuf, StoreError> {
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path, OpenMode::Create).await?;
    let hash = store.put(&snapshot(1)).await?;
    let mut last = None;
    for note in ["one", "two", "three"] {
        last = Some(store.append(&acme(), last.as_ref(), entry(note).snapshot(hash)).await?.hash);
    }
    Ok(path)
}

async fn error_of_opening(path: &Path, mode: OpenMode) -> StoreError {
    let error = SqliteStore::open(path, mode).await.unwrap_err();
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error} does not name its store");
    error
}

/// The names and bytes of all files of a folder.
fn files_of(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

#[tokio::test]
async fn what_is_not_a_store_is_refused_and_left_as_it_is() -> Outcome {
    let folder = TempDir::new()?;
    let path = |name: &str| folder.path().join(name);
    fs::write(path("text"), "CREATE TABLE users (id int);\n".repeat(100))?;
    fs::write(path("short"), "SQLite format 3\0")?;
    fs::write(path("zeros"), [0; 4096])?;
    let other = Connection::open(path("other.db"))?;
    other.execute_batch("PRAGMA application_id = 7; CREATE TABLE objects (hash, zstd); CREATE TABLE entries (x);")?;
    let wal = Connection::open(path("wal.db"))?;
    wal.execute_batch("PRAGMA journal_mode = wal; CREATE TABLE users (id); INSERT INTO users VALUES (1);")?;
    let before = files_of(folder.path());
    for (name, reason) in [
        ("text", "not a SQLite database"),
        ("short", "not a SQLite database"),
        ("zeros", "not a SQLite database"),
        ("other.db", "of something else"),
        ("wal.db", "of something else"),
    ] {
        for mode in MODES {
            let error = error_of_opening(&path(name), mode).await;
            assert!(matches!(&error, StoreError::NotAStore { .. }), "{name}: {error:?}");
            assert!(error.to_string().contains(reason), "{name}: {error}");
        }
    }
    assert_eq!(files_of(folder.path()), before);
    for mode in MODES {
        assert!(matches!(error_of_opening(folder.path(), mode).await, StoreError::NotAStore { .. }));
    }
    Ok(())
}

#[tokio::test]
async fn only_create_makes_a_store() -> Outcome {
    let folder = TempDir::new()?;
    let path = folder.path().join("a/b/store.db");
    for mode in [OpenMode::ReadWrite, OpenMode::ReadOnly] {
        assert!(matches!(error_of_opening(&path, mode).await, StoreError::Missing { .. }));
        assert!(!folder.path().join("a").exists());
    }
    SqliteStore::open(&path, OpenMode::Create).await?;
    for mode in MODES {
        SqliteStore::open(&path, mode).await?;
    }
    let empty = folder.path().join("empty.db");
    fs::write(&empty, "")?;
    for mode in [OpenMode::ReadWrite, OpenMode::ReadOnly] {
        let error = error_of_opening(&empty, mode).await;
        assert!(matches!(&error, StoreError::NotAStore { reason, .. } if reason == "the file is empty"), "{error:?}");
    }
    SqliteStore::open(&empty, OpenMode::Create).await?;
    fs::write(folder.path().join("file"), "")?;
    let inside_a_file = folder.path().join("file/store.db");
    assert!(matches!(error_of_opening(&inside_a_file, OpenMode::Create).await, StoreError::Io { .. }));
    Ok(())
}

#[tokio::test]
async fn a_newer_layout_is_called_newer() -> Outcome {
    let folder = TempDir::new()?;
    let path = small_store(&folder).await?;
    Connection::open(&path)?.pragma_update(None, "user_version", 2)?;
    for mode in MODES {
        let error = error_of_opening(&path, mode).await;
        assert!(matches!(error, StoreError::Newer { found: 2, supported: 1, .. }), "{error:?}");
    }
    Connection::open(&path)?.pragma_update(None, "user_version", 0)?;
    assert!(matches!(error_of_opening(&path, OpenMode::ReadWrite).await, StoreError::Corrupt { .. }));
    Ok(())
}

#[tokio::test]
async fn a_store_opened_to_be_read_is_not_written() -> Outcome {
    let folder = TempDir::new()?;
    let path = small_store(&folder).await?;
    let before = fs::read(&path)?;
    let store = SqliteStore::open(&path, OpenMode::ReadOnly).await?;
    let last = store.last_entry(&acme()).await?.map(|entry| entry.hash);
    let refused = [
        store.put(&snapshot(2)).await.unwrap_err(),
        store.append(&acme(), last.as_ref(), entry("late")).await.unwrap_err(),
    ];
    for error in refused {
        assert_eq!(error, StoreError::ReadOnly { store: store.location().to_owned() });
    }
    assert_eq!(store.get(&snapshot(1).hash()).await?, snapshot(1));
    drop(store);
    assert_eq!(fs::read(&path)?, before);
    Ok(())
}

/// Changes the file behind the store's back, then asks the store.
async fn after(folder: &TempDir, statement: &str) -> Result<SqliteStore, Box<dyn std::error::Error>> {
    let path = small_store(folder).await?;
    Connection::open(&path)?.execute_batch(statement)?;
    Ok(SqliteStore::open(&path, OpenMode::ReadWrite).await?)
}

#[tokio::test]
async fn entries_that_were_edited_moved_or_removed_are_found() -> Outcome {
    for statement in [
        "UPDATE entries SET entry = replace(entry, 'two', 'too') WHERE sequence = 2",
        "UPDATE entries SET hash = zeroblob(32) WHERE sequence = 2",
        "UPDATE entries SET hash = x'00' WHERE sequence = 2",
        "UPDATE entries SET entry = '' WHERE sequence = 2",
        "UPDATE entries SET entry = CAST(x'ff00' AS TEXT) WHERE sequence = 2",
        "UPDATE entries SET sequence = -2 WHERE sequence = 2",
        "UPDATE entries SET sequence = 9 WHERE sequence = 3",
        "DELETE FROM entries WHERE sequence = 2",
        "DELETE FROM entries WHERE sequence = 1",
        "UPDATE entries SET log = 'tenants/other'",
        "UPDATE entries SET log = 'not a log'",
        "DROP TABLE entries",
        "DROP TABLE entries; CREATE TABLE entries (log, sequence, hash, entry); INSERT INTO entries VALUES ('tenants/acme', 1, 2, 3)",
    ] {
        let folder = TempDir::new()?;
        let store = after(&folder, statement).await?;
        let mut damaged = Vec::new();
        for log in [acme(), LogName::tenant("other")?] {
            damaged.extend(store.read(&log, LogRange::last(10)).await.err());
        }
        damaged.extend(store.logs("").await.err());
        assert!(!damaged.is_empty(), "{statement}");
        for error in damaged {
            assert!(matches!(error, StoreError::Corrupt { .. }), "{statement}: {error:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn nothing_is_appended_behind_a_damaged_entry() -> Outcome {
    let folder = TempDir::new()?;
    let store = after(&folder, "UPDATE entries SET entry = replace(entry, 'three', 'tree')").await?;
    let error = store.append(&acme(), None, entry("four")).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    Ok(())
}

/// Whatever byte of the file is changed: what is answered is right, or it is an error.
#[tokio::test]
async fn a_changed_byte_of_the_file_never_gives_a_wrong_answer() -> Outcome {
    let folder = TempDir::new()?;
    let path = small_store(&folder).await?;
    let whole = fs::read(&path)?;
    let hash = snapshot(1).hash();
    let entries = SqliteStore::open(&path, OpenMode::ReadOnly).await?.read(&acme(), LogRange::last(10)).await?;
    let mut refused = 0;
    for position in (0..whole.len()).step_by(13) {
        let mut changed = whole.clone();
        changed[position] ^= 0xff;
        fs::write(&path, &changed)?;
        let Ok(store) = SqliteStore::open(&path, OpenMode::ReadOnly).await else {
            refused += 1;
            continue;
        };
        match store.get(&hash).await {
            Ok(found) => assert_eq!(found, snapshot(1), "byte {position}"),
            Err(StoreError::Corrupt { .. } | StoreError::NotFound { .. } | StoreError::Io { .. }) => refused += 1,
            Err(error) => panic!("byte {position}: {error:?}"),
        }
        match store.read(&acme(), LogRange::last(10)).await {
            // A log whose name was changed is gone, and one that lost its newest entries is shorter.
            Ok(found) => assert!(entries.ends_with(&found), "byte {position}: {found:?}"),
            Err(StoreError::Corrupt { .. } | StoreError::Io { .. }) => refused += 1,
            Err(error) => panic!("byte {position}: {error:?}"),
        }
    }
    assert!(refused > 50, "only {refused} changes were found");
    Ok(())
}
