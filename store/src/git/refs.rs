//! Moving branches by compare-and-swap, one or ten thousand, as git itself does it: under git's own lock files, so that
//! git programs may work on the repository at the same time. Few become files of their own, many go into `packed-refs`
//! in one write. What was moved is on the disk before anybody is told.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use git2::{ErrorCode, Oid, Repository};

use super::failure::{failure, io_failure};
use super::lock::{BUSY_TIMEOUT_MS, WriteLock, busy};
use crate::StoreError;

/// From so many branches on they are written into one file.
const PACKED_FROM: usize = 32;
const PACKED: &str = "packed-refs";
const RETRY_MS: u64 = 5;

/// One branch to be moved, if it is where it is thought to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RefUpdate {
    /// The branch's whole name: `refs/heads/tenants/acme`.
    pub(super) name: String,
    /// Where it is; none where it is to be made.
    pub(super) old: Option<Oid>,
    /// Where it goes.
    pub(super) new: Oid,
}

/// Where a branch is; none where there is none.
pub(super) fn target(repository: &Repository, location: &str, name: &str) -> Result<Option<Oid>, StoreError> {
    match repository.refname_to_id(name) {
        Ok(id) => Ok(Some(id)),
        // Where a part of the name is another branch there is none.
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(failure(location, &error)),
    }
}

/// Moves branches; answers for each whether it was where it was thought to be, and so has moved.
pub(super) fn move_refs(
    repository: &Repository,
    location: &str,
    lock: &mut WriteLock,
    updates: &[RefUpdate],
) -> Result<Vec<bool>, StoreError> {
    let failed = |error: io::Error| io_failure(location, &error);
    let folder = repository.commondir();
    let packed = (updates.len() >= PACKED_FROM).then(|| folder.join(PACKED));
    let paths: Vec<PathBuf> = updates.iter().map(|update| folder.join(&update.name)).collect();
    let locks: Vec<PathBuf> = paths.iter().chain(&packed).map(|path| lock_path(path)).collect();
    lock.note(locks.iter().map(PathBuf::as_path))?;
    let another_of = packed.is_some().then(|| WriteLock::path(folder));
    let mut held = Vec::with_capacity(updates.len());
    let mut moves = Vec::with_capacity(updates.len());
    for (update, path) in updates.iter().zip(&paths) {
        held.push(Held::take(path, location, another_of.as_deref())?);
        moves.push(target(repository, location, &update.name)? == update.old);
    }
    let moving = || held.iter().zip(updates).zip(&moves).filter(|(_, moves)| **moves).map(|(pair, _)| pair);
    match packed {
        Some(path) => {
            let file = Held::take(&path, location, None)?;
            write_packed(file, moving().map(|(_, update)| update)).map_err(failed)?;
            remove_loose(moving().map(|(held, _)| held.path.as_path())).map_err(failed)?;
        }
        None => {
            for (held, update) in moving() {
                held.write(format!("{}\n", update.new).as_bytes()).map_err(failed)?;
            }
            let moving: Vec<bool> = moves.clone();
            for (held, moves) in held.drain(..).zip(moving) {
                if moves {
                    held.put_in_place().map_err(failed)?;
                }
            }
        }
    }
    drop(held);
    lock.forget()?;
    Ok(moves)
}

fn lock_path(path: &Path) -> PathBuf {
    let mut text = path.as_os_str().to_owned();
    text.push(".lock");
    text.into()
}

/// A file that nobody else may change, by the lock file beside it, which goes away with this.
struct Held {
    path: PathBuf,
    lock: PathBuf,
}

impl Held {
    /// Waits while a git program holds the lock, which it does for a moment only.
    ///
    /// A lock into which nothing will be written can be another name of a file that there is: file systems are slow to
    /// make thousands of files where thousands were just removed.
    fn take(path: &Path, location: &str, mut another_of: Option<&Path>) -> Result<Self, StoreError> {
        let lock = lock_path(path);
        let begun = Instant::now();
        loop {
            let made = match another_of {
                Some(file) => fs::hard_link(file, &lock),
                None => OpenOptions::new().write(true).create_new(true).open(&lock).map(drop),
            };
            let Err(error) = made else { return Ok(Self { path: path.to_owned(), lock }) };
            match error.kind() {
                io::ErrorKind::AlreadyExists => sleep(Duration::from_millis(RETRY_MS)),
                // Git removes a folder when the last branch in it is packed.
                io::ErrorKind::NotFound => match lock.parent().map_or(Ok(()), make_folder) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io_failure(location, &error)),
                    _ => {}
                },
                // A file has so many names at most, and on some file systems only one.
                _ if another_of.is_some() => another_of = None,
                _ => return Err(io_failure(location, &error)),
            }
            if begun.elapsed() > Duration::from_millis(BUSY_TIMEOUT_MS) {
                return Err(busy(location));
            }
        }
    }

    /// Writes what the file is to hold, into the lock file, for good.
    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).truncate(true).open(&self.lock)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    /// Makes the lock file the file.
    fn put_in_place(self) -> io::Result<()> {
        if self.path.is_dir() {
            remove_empty_folders(&self.path)?;
        }
        fs::rename(&self.lock, &self.path)?;
        self.path.parent().map_or(Ok(()), sync_folder)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // After `put_in_place` there is none; what cannot be removed is told apart by its note.
        let _ = fs::remove_file(&self.lock);
    }
}

/// Git leaves the folders of branches that are gone, in the place of which there may be a branch.
fn remove_empty_folders(path: &Path) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_empty_folders(&entry.path())?;
        }
    }
    fs::remove_dir(path)
}

/// Makes a folder, and the folders that it is in, so that they survive a crash of the machine.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = folder.ancestors().take_while(|folder| !folder.exists()).collect();
    fs::create_dir_all(folder)?;
    for made in missing {
        made.parent().map_or(Ok(()), sync_folder)?;
    }
    Ok(())
}

pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder)?.sync_all()
}

/// Writes the file of many branches anew, with these among them.
fn write_packed<'a>(file: Held, updates: impl Iterator<Item = &'a RefUpdate>) -> io::Result<()> {
    const TRAITS: &str = "# pack-refs with:";
    let before = match fs::read_to_string(&file.path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => format!("{TRAITS} fully-peeled \n"),
        read => read?,
    };
    // A tag is followed by a line with what it points at.
    let mut lines: BTreeMap<&str, (String, Option<&str>)> = BTreeMap::new();
    let mut last = "";
    for line in before.lines().filter(|line| !line.starts_with('#')) {
        if line.starts_with('^') {
            lines.entry(last).and_modify(|(_, peeled)| *peeled = Some(line));
        } else if let Some((id, name)) = line.split_once(' ') {
            lines.insert(name, (id.to_owned(), None));
            last = name;
        }
    }
    for update in updates {
        lines.insert(&update.name, (update.new.to_string(), None));
    }
    let peeled = before.lines().next().is_some_and(|line| line.starts_with(TRAITS) && line.contains(" fully-peeled "));
    let mut text = format!("{TRAITS}{} sorted \n", if peeled { " peeled fully-peeled" } else { "" });
    for (name, (id, peeled)) in lines {
        text.push_str(&format!("{id} {name}\n"));
        text.extend(peeled.into_iter().flat_map(|line| [line, "\n"]));
    }
    file.write(text.as_bytes())?;
    file.put_in_place()
}

/// A branch's own file has precedence over the file of many, which has the newer value now.
fn remove_loose<'a>(paths: impl Iterator<Item = &'a Path>) -> io::Result<()> {
    let mut folders = BTreeSet::new();
    for path in paths {
        match fs::remove_file(path) {
            Ok(()) => folders.extend(path.parent()),
            // A folder that is left from other branches is in nobody's way here.
            Err(error) if error.kind() == io::ErrorKind::NotFound || path.is_dir() => {}
            Err(error) => return Err(error),
        }
    }
    folders.into_iter().try_for_each(sync_folder)
}
