//! One writer at a time: a lock on a file beside the repository's own files, which the system takes away from a process
//! that dies. Before branches are changed their names are noted in that file, so that git's own lock files, which such a
//! process leaves behind, are known for what they are.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::failure::io_failure;
use crate::StoreError;

/// How long others may keep the store locked, in milliseconds.
pub(super) const BUSY_TIMEOUT_MS: u64 = 30_000;
const RETRY_MS_MAX: u64 = 10;
/// How long a git program may hold the lock of a branch, or of the file of many, before one that was noted counts as left
/// behind.
const LEFT_BEHIND_MS: u64 = 100;
const LEFT_BEHIND_PACKED_MS: u64 = 1_000;
/// The folder inside the repository's own folder in which this store keeps its files.
pub(super) const FOLDER: &str = "schema-sync";
const FILE: &str = "lock";

/// The right to write, until it is dropped.
#[derive(Debug)]
pub(super) struct WriteLock {
    file: File,
    location: String,
}

impl WriteLock {
    /// Waits for the right to write to the repository whose own files are in this folder.
    pub(super) fn take(folder: &Path, location: &str) -> Result<Self, StoreError> {
        let failed = |error: io::Error| io_failure(location, &error);
        fs::create_dir_all(folder.join(FOLDER)).map_err(failed)?;
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(Self::path(folder));
        let file = open.map_err(failed)?;
        let begun = Instant::now();
        let mut pause_ms = 1;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if begun.elapsed() < Duration::from_millis(BUSY_TIMEOUT_MS) => {
                    sleep(Duration::from_millis(pause_ms));
                    pause_ms = (pause_ms + 1).min(RETRY_MS_MAX);
                }
                Err(TryLockError::WouldBlock) => return Err(busy(location)),
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
        let mut lock = Self { file, location: location.to_owned() };
        lock.clean_up().map_err(failed)?;
        Ok(lock)
    }

    /// Whether somebody has had this right for a repository with this folder.
    pub(super) fn was_taken(folder: &Path) -> bool {
        Self::path(folder).exists()
    }

    /// The file that is locked.
    pub(super) fn path(folder: &Path) -> PathBuf {
        folder.join(FOLDER).join(FILE)
    }

    /// Notes which lock files are about to be made.
    pub(super) fn note<'a>(&mut self, paths: impl Iterator<Item = &'a Path>) -> Result<(), StoreError> {
        let mut text = String::new();
        for path in paths {
            text.extend(path.to_str());
            text.push('\n');
        }
        let written = self.rewind().and_then(|()| self.file.write_all(text.as_bytes()));
        written.map_err(|error| io_failure(&self.location, &error))
    }

    /// Forgets them, now that they are gone.
    pub(super) fn forget(&mut self) -> Result<(), StoreError> {
        self.rewind().map_err(|error| io_failure(&self.location, &error))
    }

    fn rewind(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()
    }

    /// Removes the lock files that were noted by a process that died.
    fn clean_up(&mut self) -> io::Result<()> {
        let mut text = String::new();
        self.file.rewind()?;
        self.file.read_to_string(&mut text)?;
        if text.is_empty() {
            return Ok(());
        }
        let begun = Instant::now();
        for path in text.lines().map(PathBuf::from) {
            let of_many = path.file_name().is_some_and(|name| name == "packed-refs.lock");
            let left_behind_ms = if of_many { LEFT_BEHIND_PACKED_MS } else { LEFT_BEHIND_MS };
            while path.exists() && begun.elapsed() < Duration::from_millis(left_behind_ms) {
                sleep(Duration::from_millis(RETRY_MS_MAX));
            }
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        self.rewind()
    }
}

pub(super) fn busy(location: &str) -> StoreError {
    StoreError::Busy { store: location.to_owned(), waited_ms: BUSY_TIMEOUT_MS }
}
