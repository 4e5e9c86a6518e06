//! Keys as files of a folder. A file is written aside under a name of its own, synchronised, and only then linked to
//! the name that it is for: the link is made where there is none, and whoever makes it has created the key.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::keyed::layout::TEMPORARY;
use crate::keyed::{Creation, KeyedStore, Keys, Listed};
use crate::{OpenMode, StoreError, StoreUrl};

/// What a crash has left aside is removed after this time, in hours: nobody takes so long to write a file.
const LEFTOVER_HOURS: u64 = 24;

/// Opens the store in a folder.
pub(crate) async fn open(path: &Path, mode: OpenMode) -> Result<KeyedStore<FileKeys>, StoreError> {
    let folder = Folder {
        location: StoreUrl::File(path.to_owned()).to_string(),
        root: path.to_owned(),
        settled: Mutex::default(),
        turns: Mutex::default(),
    };
    let keys = FileKeys(Arc::new(folder));
    keys.run(move |folder| folder.check_is_folder(mode)).await?;
    KeyedStore::open(keys, mode).await
}

/// The files of a folder. Its calls need a Tokio runtime, on whose blocking threads they run.
#[derive(Debug)]
pub(crate) struct FileKeys(Arc<Folder>);

impl FileKeys {
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Folder) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let folder = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || work(&folder))
            .await
            .unwrap_or_else(|error| Err(StoreError::Io { store: self.0.location.clone(), reason: error.to_string() }))
    }
}

#[async_trait]
impl Keys for FileKeys {
    fn location(&self) -> &str {
        &self.0.location
    }

    async fn check_writable(&self) -> Result<(), StoreError> {
        self.run(Folder::check_writable).await
    }

    async fn create(&self, key: &str, bytes: Vec<u8>) -> Result<Creation, StoreError> {
        let key = key.to_owned();
        self.run(move |folder| folder.create(&key, &bytes)).await
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let key = key.to_owned();
        self.run(move |folder| folder.get(&key)).await
    }

    async fn list(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<Listed>, StoreError> {
        let (prefix, after) = (prefix.to_owned(), after.to_owned());
        self.run(move |folder| folder.list(&prefix, &after, limit)).await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        let key = key.to_owned();
        self.run(move |folder| folder.delete(&key)).await
    }

    async fn settle(&self, key: &str) -> Result<(), StoreError> {
        let key = key.to_owned();
        self.run(move |folder| folder.settle(&folder.path(&key))).await
    }
}

#[derive(Debug)]
struct Folder {
    location: String,
    root: PathBuf,
    /// Folders that are known to survive a crash, themselves and all that they are in.
    settled: Mutex<HashSet<PathBuf>>,
    /// Who synchronises which folder.
    turns: Mutex<HashMap<PathBuf, Arc<Turn>>>,
}

/// Many who make files in one folder at the same time are served by one synchronisation of it.
#[derive(Debug, Default)]
struct Turn {
    /// Counts those who have asked.
    asked: AtomicU64,
    /// How many had asked when the last synchronisation began that is done.
    served: Mutex<u64>,
}

impl Turn {
    fn take(&self, synchronise: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        if *served < number {
            let asked = self.asked.load(Ordering::SeqCst);
            synchronise()?;
            *served = asked;
        }
        Ok(())
    }
}

impl Folder {
    fn check_is_folder(&self, mode: OpenMode) -> Result<(), StoreError> {
        match fs::metadata(&self.root) {
            Ok(metadata) if metadata.is_dir() => Ok(()),
            Ok(_) => {
                Err(StoreError::NotAStore { store: self.location.clone(), reason: "it is not a folder".to_owned() })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && mode == OpenMode::Create => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(StoreError::Missing { store: self.location.clone() })
            }
            Err(error) => Err(self.read_failure(&self.root, &error)),
        }
    }

    /// Tries it, and removes what crashed writers have left aside.
    fn check_writable(&self) -> Result<(), StoreError> {
        let aside = self.root.join(TEMPORARY);
        self.make_folder(&aside).map_err(|error| self.write_failure(&aside, &error))?;
        let mut tried = Aside::write(&aside, b"").map_err(|error| self.write_failure(&aside, &error))?;
        let link = tried.path.with_extension("link");
        let linked = fs::hard_link(&tried.path, &link);
        // Where the first one fails, the second one has nothing to remove.
        let _ = fs::remove_file(&link);
        linked.map_err(|error| match error.kind() {
            io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied | io::ErrorKind::CrossesDevices => {
                let reason = format!("its file system makes no hard links ({error}); use `sqlite:` there");
                StoreError::Unfit { store: self.location.clone(), reason }
            }
            _ => self.write_failure(&link, &error),
        })?;
        tried.remove();
        let entries = fs::read_dir(&aside).map_err(|error| self.read_failure(&aside, &error))?;
        for entry in entries.filter_map(Result::ok) {
            let age = entry.metadata().and_then(|metadata| metadata.modified()).ok();
            let age = age.and_then(|modified| SystemTime::now().duration_since(modified).ok());
            if age.is_some_and(|age| age > Duration::from_secs(LEFTOVER_HOURS * 3_600)) {
                // Somebody else may be removing it too, and it harms nobody.
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(())
    }

    fn path(&self, key: &str) -> PathBuf {
        self.root.join(key)
    }

    fn create(&self, key: &str, bytes: &[u8]) -> Result<Creation, StoreError> {
        let path = self.path(key);
        let failed = |error: io::Error| self.write_failure(&path, &error);
        if path.try_exists().map_err(|error| self.read_failure(&path, &error))? {
            self.settle(&path)?;
            return Ok(Creation::Exists);
        }
        if let Some(folder) = path.parent() {
            self.make_folder(folder).map_err(failed)?;
        }
        let mut aside = Aside::write(&self.root.join(TEMPORARY), bytes).map_err(failed)?;
        let linked = fs::hard_link(&aside.path, &path);
        // A file system behind a network may have made the link and lost its answer, or refuse it when asked again.
        let is_ours = linked.is_ok() || aside.has_two_names();
        aside.remove();
        match linked {
            Err(error) if !is_ours && error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(error)),
            _ => self.settle(&path)?,
        }
        Ok(if is_ours { Creation::Created } else { Creation::Exists })
    }

    /// Makes sure that a file that is there survives a crash: its bytes do since before it had its name.
    fn settle(&self, path: &Path) -> Result<(), StoreError> {
        let Some(folder) = path.parent() else { return Ok(()) };
        let settled = self.settle_above(folder).and_then(|()| self.synchronise(folder));
        settled.map_err(|error| self.write_failure(folder, &error))
    }

    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        if !folder.is_dir() {
            fs::create_dir_all(folder)?;
        }
        self.settle_above(folder)
    }

    /// Makes sure that a folder survives a crash, once: the name of each folder stands in the one above. Those above the
    /// root were there before, or were made for it.
    fn settle_above(&self, folder: &Path) -> io::Result<()> {
        let known = |folder: &Path| self.settled.lock().unwrap_or_else(PoisonError::into_inner).contains(folder);
        let mut unsettled = Vec::new();
        for above in folder.ancestors().take_while(|above| !above.as_os_str().is_empty()) {
            if known(above) {
                break;
            }
            unsettled.push(above.to_owned());
            // The folders that the store's own is in are not ours to open, unless they may be new.
            if above == self.root && self.root.join(crate::keyed::layout::MARKER).exists() {
                break;
            }
        }
        for folder in &unsettled {
            if let Some(above) = folder.parent() {
                let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
                match self.synchronise(above) {
                    Err(error) if error.kind() == io::ErrorKind::PermissionDenied && !above.starts_with(&self.root) => {
                        // A folder that may not be read was not made by this user just now.
                    }
                    answer => answer?,
                }
            }
        }
        self.settled.lock().unwrap_or_else(PoisonError::into_inner).extend(unsettled);
        Ok(())
    }

    /// Makes the names in a folder survive a crash. Elsewhere than on Unix a folder cannot be opened.
    fn synchronise(&self, folder: &Path) -> io::Result<()> {
        if cfg!(not(unix)) {
            return Ok(());
        }
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = Arc::clone(turns.entry(folder.to_owned()).or_default());
        drop(turns);
        turn.take(|| File::open(folder)?.sync_all())
    }

    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.path(key);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.read_failure(&path, &error)),
        }
    }

    fn delete(&self, key: &str) -> Result<(), StoreError> {
        let path = self.path(key);
        match fs::remove_file(&path) {
            Ok(()) => self.settle(&path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(self.write_failure(&path, &error)),
        }
    }

    fn list(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<Listed>, StoreError> {
        let folder = prefix.rfind('/').map_or("", |slash| &prefix[..=slash]);
        let mut listed = Vec::new();
        // No key has such parts, and a folder may.
        let is_plain = |part: &str| !matches!(part, "" | "." | "..");
        if folder.split_terminator('/').all(is_plain) {
            self.walk(folder, prefix, after, limit, &mut listed)?;
        }
        Ok(listed)
    }

    /// Keys are sorted by their bytes, also where a slash stands against another character; so a folder's name is
    /// compared with its slash.
    fn walk(
        &self,
        folder: &str,
        prefix: &str,
        after: &str,
        limit: usize,
        listed: &mut Vec<Listed>,
    ) -> Result<(), StoreError> {
        let path = self.path(folder);
        let failed = |error: io::Error| self.read_failure(&path, &error);
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed(error)),
        };
        let mut names: Vec<String> = Vec::new();
        for entry in entries {
            let entry = entry.map_err(failed)?;
            // What is not UTF-8 is no key.
            let Ok(name) = entry.file_name().into_string() else { continue };
            let is_folder = entry.file_type().map_err(failed)?.is_dir();
            let key = format!("{folder}{name}{}", if is_folder { "/" } else { "" });
            let may_hold_some = is_folder && after.starts_with(&key);
            if (key.starts_with(prefix)) && (key.as_str() > after || may_hold_some) {
                names.push(key);
            }
        }
        names.sort_unstable();
        for key in names {
            if listed.len() >= limit {
                break;
            }
            if key.ends_with('/') {
                self.walk(&key, prefix, after, limit, listed)?;
            } else if let Some(found) = self.look(key)? {
                listed.push(found);
            }
        }
        Ok(())
    }

    /// A file that is there still.
    fn look(&self, key: String) -> Result<Option<Listed>, StoreError> {
        let path = self.path(&key);
        let metadata = match fs::symlink_metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.read_failure(&path, &error)),
        };
        let modified = metadata.modified().map_err(|error| self.read_failure(&path, &error))?;
        // A time that cannot be said is not old.
        let stored = Timestamp::try_from(modified).unwrap_or(Timestamp::MAX);
        Ok(Some(Listed { key, stored, bytes: metadata.len() }))
    }

    fn read_failure(&self, path: &Path, error: &io::Error) -> StoreError {
        let reason = format!("{}: {error}", path.display());
        StoreError::Io { store: self.location.clone(), reason }
    }

    fn write_failure(&self, path: &Path, error: &io::Error) -> StoreError {
        let store = self.location.clone();
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                StoreError::Full { store, reason: error.to_string() }
            }
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => StoreError::ReadOnly { store },
            _ => self.read_failure(path, error),
        }
    }
}

/// A file that has no name of its own yet. It is removed whatever happens, but for a crash.
struct Aside {
    path: PathBuf,
    is_there: bool,
}

impl Aside {
    fn write(folder: &Path, bytes: &[u8]) -> io::Result<Self> {
        let path = folder.join(format!("{}-{:016x}", std::process::id(), fastrand::u64(..)));
        let mut file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        let aside = Self { path, is_there: true };
        // An empty file is there with its name, and there is nothing more to it.
        if !bytes.is_empty() {
            file.write_all(bytes)?;
            file.sync_all()?;
        }
        Ok(aside)
    }

    #[cfg(unix)]
    fn has_two_names(&self) -> bool {
        use std::os::unix::fs::MetadataExt;
        fs::metadata(&self.path).is_ok_and(|metadata| metadata.nlink() == 2)
    }

    #[cfg(not(unix))]
    fn has_two_names(&self) -> bool {
        false
    }

    /// What cannot be removed harms nobody, and is removed when it is old.
    fn remove(&mut self) {
        if std::mem::take(&mut self.is_there) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        self.remove();
    }
}

#[cfg(test)]
mod tests;
