//! The places that the suites run on: one of each kind of store, made anew for each test and removed after it. A further
//! backend is a function here, and a line in each suite's macro.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rusqlite::Connection;
use schema_sync_store::{SnapshotHash, StoreUrl};
use tempfile::TempDir;

/// A place where a store can be made.
pub(crate) struct Place {
    pub(crate) url: StoreUrl,
    pub(super) backdoor: Option<Box<dyn Backdoor>>,
    pub(super) folder: Option<TempDir>,
}

/// Whether a test must not run in this process, and has run in another one. `path` is that of its module and its name.
pub(crate) fn is_played_elsewhere(place: &str, path: &str) -> bool {
    #[cfg(feature = "s3")]
    if place == "s3" {
        return super::s3_place::is_played_elsewhere(path.split_once("::").unwrap().1);
    }
    // A memory and files need nothing of the process that they are used in.
    let _ = (place, path);
    false
}

impl Place {
    /// The way behind the back of a store that keeps bytes.
    pub(crate) fn backdoor(&self) -> &dyn Backdoor {
        self.backdoor.as_deref().unwrap()
    }

    /// The folder that the store is somewhere in, where it is in one.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.as_ref().unwrap().path()
    }
}

/// What somebody can do to a store's objects without asking the store.
pub(crate) trait Backdoor: Send + Sync {
    /// The bytes that a snapshot is kept as.
    fn read(&self, hash: &SnapshotHash) -> Vec<u8>;
    /// Keeps other bytes in their place, or where there were none.
    fn write(&self, hash: &SnapshotHash, bytes: &[u8]);
    /// Makes it look as if it had been kept so long ago.
    fn make_old(&self, hash: &SnapshotHash, hours: u64);
}

pub(crate) fn memory() -> Place {
    Place { url: StoreUrl::Memory, backdoor: None, folder: None }
}

pub(crate) fn sqlite() -> Place {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a/b/store.db");
    Place { url: StoreUrl::Sqlite(path.clone()), backdoor: Some(Box::new(SqliteBackdoor(path))), folder: Some(folder) }
}

struct SqliteBackdoor(PathBuf);

impl Backdoor for SqliteBackdoor {
    fn read(&self, hash: &SnapshotHash) -> Vec<u8> {
        let connection = Connection::open(&self.0).unwrap();
        let select = "SELECT zstd FROM objects WHERE hash = ?1";
        connection.query_row(select, [hash.as_bytes()], |row| row.get(0)).unwrap()
    }

    fn write(&self, hash: &SnapshotHash, bytes: &[u8]) {
        let connection = Connection::open(&self.0).unwrap();
        connection.pragma_update(None, "synchronous", "off").unwrap();
        let insert = "INSERT INTO objects (hash, zstd, stored_ms) VALUES (?1, ?2, 0) \
                      ON CONFLICT DO UPDATE SET zstd = excluded.zstd";
        connection.execute(insert, rusqlite::params![hash.as_bytes(), bytes]).unwrap();
    }

    fn make_old(&self, hash: &SnapshotHash, hours: u64) {
        let connection = Connection::open(&self.0).unwrap();
        let update = "UPDATE objects SET stored_ms = stored_ms - ?2 * 3600000 WHERE hash = ?1";
        connection.execute(update, rusqlite::params![hash.as_bytes(), i64::try_from(hours).unwrap()]).unwrap();
    }
}

pub(crate) fn file() -> Place {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a/b/store");
    Place { url: StoreUrl::File(path.clone()), backdoor: Some(Box::new(FileBackdoor(path))), folder: Some(folder) }
}

/// What is done behind a repository's back is a suite of its own.
#[cfg(feature = "git")]
pub(crate) fn git() -> Place {
    let folder = TempDir::new().unwrap();
    let url = StoreUrl::Git { path: folder.path().join("a/b/store.git"), remote: None };
    Place { url, backdoor: None, folder: Some(folder) }
}

/// A clone that is shared through the repository that it was cloned from.
#[cfg(feature = "git")]
pub(crate) fn git_remote() -> Place {
    let folder = TempDir::new().unwrap();
    for words in [["init", "--quiet", "--bare", "remote.git"], ["clone", "--quiet", "remote.git", "clone"]] {
        let status = std::process::Command::new("git").args(words).current_dir(folder.path()).status().unwrap();
        assert!(status.success());
    }
    let url = StoreUrl::Git { path: folder.path().join("clone"), remote: Some("origin".to_owned()) };
    Place { url, backdoor: None, folder: Some(folder) }
}

#[cfg(feature = "s3")]
pub(crate) fn s3() -> Place {
    super::s3_place::s3()
}

struct FileBackdoor(PathBuf);

impl FileBackdoor {
    fn path(&self, hash: &SnapshotHash) -> PathBuf {
        let digits = hash.to_string();
        self.0.join("objects").join(&digits[..2]).join(digits)
    }
}

impl Backdoor for FileBackdoor {
    fn read(&self, hash: &SnapshotHash) -> Vec<u8> {
        fs::read(self.path(hash)).unwrap()
    }

    fn write(&self, hash: &SnapshotHash, bytes: &[u8]) {
        fs::create_dir_all(self.path(hash).parent().unwrap()).unwrap();
        fs::write(self.path(hash), bytes).unwrap();
    }

    fn make_old(&self, hash: &SnapshotHash, hours: u64) {
        for entry in fs::read_dir(self.path(hash).parent().unwrap()).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().unwrap().to_str().unwrap().starts_with(&hash.to_string()) {
                let then = SystemTime::now() - Duration::from_secs(hours * 3_600);
                File::open(path).unwrap().set_modified(then).unwrap();
            }
        }
    }
}
