//! Folders that are no store, of another version, or with files that somebody has changed: refused by name, never
//! changed, and never answered wrongly.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::{acme, entry, snapshot};
use schema_sync_store::{LogName, LogRange, OpenMode, SnapshotStore, StoreError, StoreUrl, open_store};
use tempfile::TempDir;

const MODES: [OpenMode; 3] = [OpenMode::Create, OpenMode::ReadWrite, OpenMode::ReadOnly];

type Outcome = Result<(), Box<dyn std::error::Error>>;

async fn open(path: &Path, mode: OpenMode) -> Result<Arc<dyn SnapshotStore>, StoreError> {
    open_store(&StoreUrl::File(path.to_owned()), mode).await
}

/// A store with one snapshot and three entries.
async fn small_store(folder: &TempDir) -> Result<(PathBuf, Arc<dyn SnapshotStore>), StoreError> {
    let path = folder.path().join("store");
    let store = open(&path, OpenMode::Create).await?;
    let hash = store.put(&snapshot(1)).await?;
    let mut last = None;
    for note in ["one", "two", "three"] {
        last = Some(store.append(&acme(), last.as_ref(), entry(note).snapshot(hash)).await?.hash);
    }
    Ok((path, store))
}

async fn error_of_opening(path: &Path, mode: OpenMode) -> StoreError {
    let Err(error) = open(path, mode).await else { panic!("{} was opened", path.display()) };
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error} does not name its store");
    error
}

/// All files under a folder with their bytes.
fn files_of(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push((path.clone(), fs::read(path).unwrap())) }
        }
    }
    files.sort();
    files
}

#[tokio::test]
async fn what_is_not_a_store_is_refused_and_left_as_it_is() -> Outcome {
    let folder = TempDir::new()?;
    let path = |name: &str| folder.path().join(name);
    fs::write(path("a file"), "text")?;
    fs::create_dir_all(path("other/deep"))?;
    fs::write(path("other/deep/file"), "text")?;
    fs::create_dir_all(path("named"))?;
    fs::write(path("named/store"), "{\"layout\":1,\"store\":\"another\"}")?;
    let before = files_of(folder.path());
    for (name, reason) in
        [("a file", "not a folder"), ("other", "`deep/file` is there"), ("named", "of something else")]
    {
        for mode in MODES {
            let error = error_of_opening(&path(name), mode).await;
            assert!(matches!(&error, StoreError::NotAStore { .. }), "{name}: {error:?}");
            assert!(error.to_string().contains(reason), "{name}: {error}");
        }
    }
    assert_eq!(files_of(folder.path()), before);
    assert!(matches!(error_of_opening(&path("a file/store"), OpenMode::Create).await, StoreError::Io { .. }));
    Ok(())
}

#[tokio::test]
async fn only_create_makes_a_store() -> Outcome {
    let folder = TempDir::new()?;
    let path = folder.path().join("a/b/store");
    for mode in [OpenMode::ReadWrite, OpenMode::ReadOnly] {
        assert!(matches!(error_of_opening(&path, mode).await, StoreError::Missing { .. }));
        assert!(!folder.path().join("a").exists());
    }
    // What a maker leaves that was killed before it was done.
    fs::create_dir_all(path.join("tmp"))?;
    fs::write(path.join("tmp/1-0000000000000000"), "half")?;
    for mode in [OpenMode::ReadWrite, OpenMode::ReadOnly] {
        assert!(matches!(error_of_opening(&path, mode).await, StoreError::Missing { .. }));
    }
    for mode in MODES {
        open(&path, mode).await?;
        open(&path, OpenMode::Create).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_newer_layout_is_called_newer() -> Outcome {
    let folder = TempDir::new()?;
    let (path, _) = small_store(&folder).await?;
    fs::write(path.join("store"), "{\"layout\":2,\"more\":true,\"store\":\"schema-sync\"}")?;
    for mode in MODES {
        let error = error_of_opening(&path, mode).await;
        assert!(matches!(error, StoreError::Newer { found: 2, supported: 1, .. }), "{error:?}");
    }
    fs::write(path.join("store"), "{\"layout\":0,\"store\":\"schema-sync\"}")?;
    assert!(matches!(error_of_opening(&path, OpenMode::ReadWrite).await, StoreError::Corrupt { .. }));
    Ok(())
}

#[tokio::test]
async fn a_store_opened_to_be_read_is_not_written() -> Outcome {
    let folder = TempDir::new()?;
    let (path, _) = small_store(&folder).await?;
    let before = files_of(&path);
    let store = open(&path, OpenMode::ReadOnly).await?;
    let last = store.read(&acme(), LogRange::last(1)).await?.pop().map(|entry| entry.hash);
    let entries = store.read(&acme(), LogRange::last(3)).await?;
    let refused = [
        store.put(&snapshot(2)).await.unwrap_err(),
        store.put_all(&[snapshot(2)]).await.unwrap_err(),
        store.append(&acme(), last.as_ref(), entry("late")).await.unwrap_err(),
        store.import(&LogName::tenant("other")?, &entries).await.unwrap_err(),
        store.remove(&[snapshot(1).hash()], jiff::Timestamp::MAX).await.unwrap_err(),
    ];
    for error in refused {
        assert_eq!(error, StoreError::ReadOnly { store: store.location().to_owned() });
    }
    assert_eq!(store.get(&snapshot(1).hash()).await?, snapshot(1));
    assert_eq!(files_of(&path), before);
    Ok(())
}

/// Where the files of entries are: the newest sorts first.
fn entry_files(path: &Path) -> Vec<PathBuf> {
    files_of(&path.join("logs/tenants/acme")).into_iter().map(|(path, _)| path).collect()
}

#[tokio::test]
async fn entries_that_were_edited_moved_or_removed_are_found() -> Outcome {
    let changes: [fn(&[PathBuf]); 8] = [
        |files| fs::write(&files[1], fs::read_to_string(&files[1]).unwrap().replace("two", "too")).unwrap(),
        |files| fs::write(&files[1], "").unwrap(),
        |files| fs::write(&files[1], [0xff; 500]).unwrap(),
        |files| fs::remove_file(&files[1]).unwrap(),
        |files| fs::remove_file(&files[2]).unwrap(),
        |files| fs::rename(&files[1], &files[0]).unwrap(),
        |files| assert!(fs::copy(&files[2], &files[1]).unwrap() > 0),
        |files| fs::rename(&files[0], files[0].with_file_name("~fffffffffffffff0")).unwrap(),
    ];
    for (number, change) in changes.iter().enumerate() {
        let folder = TempDir::new()?;
        let (path, store) = small_store(&folder).await?;
        change(&entry_files(&path));
        let error = store.read(&acme(), LogRange::last(10)).await.unwrap_err();
        assert!(matches!(&error, StoreError::Corrupt { .. }), "{number}: {error:?}");
        assert!(error.to_string().contains("tenants/acme"), "{number}: {error}");
    }
    let folder = TempDir::new()?;
    let (path, store) = small_store(&folder).await?;
    fs::write(&entry_files(&path)[0], "damaged")?;
    let error = store.append(&acme(), None, entry("four")).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "nothing is appended behind a damaged entry: {error:?}");
    Ok(())
}

/// Every byte of every entry: what is answered is right, or it is an error.
#[tokio::test]
async fn a_changed_byte_of_an_entry_never_gives_a_wrong_answer() -> Outcome {
    let folder = TempDir::new()?;
    let (path, store) = small_store(&folder).await?;
    let entries = store.read(&acme(), LogRange::last(10)).await?;
    for file in entry_files(&path) {
        let whole = fs::read(&file)?;
        let mut harmless = 0;
        for position in 0..whole.len() {
            let mut changed = whole.clone();
            changed[position] ^= 0x21;
            fs::write(&file, &changed)?;
            match store.read(&acme(), LogRange::last(10)).await {
                Ok(found) => {
                    assert_eq!(found, entries, "byte {position}");
                    harmless += 1;
                }
                Err(StoreError::Corrupt { .. }) => {}
                Err(error) => panic!("byte {position}: {error:?}"),
            }
        }
        assert!(harmless <= 16, "{harmless} changes were not found");
        fs::write(&file, &whole)?;
    }
    Ok(())
}

/// Somebody else may have listed the key before, and delete it any time from now on.
#[tokio::test]
async fn a_key_that_was_removed_is_not_made_again() -> Outcome {
    let folder = TempDir::new()?;
    let (path, store) = small_store(&folder).await?;
    let hash = snapshot(1).hash();
    let key = path.join("objects").join(&hash.to_string()[..2]).join(hash.to_string());
    assert_eq!(store.remove(&[hash], jiff::Timestamp::MAX).await?, [hash]);
    store.put(&snapshot(1)).await?;
    assert!(!key.exists());
    assert_eq!(store.get(&hash).await?, snapshot(1));
    assert_eq!(store.objects(None, 10).await?.len(), 1);
    assert_eq!(store.remove(&[hash], jiff::Timestamp::MAX).await?, [hash]);
    assert_eq!(store.remove(&[hash], jiff::Timestamp::MAX).await?, []);
    assert_eq!((store.objects(None, 10).await?, store.find(&hash.to_string().parse()?).await?), (vec![], vec![]));
    Ok(())
}

/// What anybody can do with the usual tools, the format of an entry being its contract.
#[tokio::test]
async fn an_entry_is_verified_with_sha256sum_alone() -> Outcome {
    let folder = TempDir::new()?;
    let (path, store) = small_store(&folder).await?;
    let last = store.read(&acme(), LogRange::last(1)).await?.remove(0);
    let script = "head -c 64 \"$0\"; echo; tail -n +2 \"$0\" | sha256sum | head -c 64";
    let output = std::process::Command::new("sh").args(["-c", script]).arg(&entry_files(&path)[0]).output()?;
    assert_eq!(String::from_utf8(output.stdout)?, format!("{0}\n{0}", last.hash));
    Ok(())
}
