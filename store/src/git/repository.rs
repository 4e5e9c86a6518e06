//! The repository of a git store: telling it from other repositories, making it, opening it. A branch of a name that no
//! log can have says that it is a store, and what layout it has, so that a clone is known as well.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use git2::{ConfigLevel, ErrorCode, ObjectType, Oid, Repository, RepositoryInitOptions, RepositoryOpenFlags};

use super::failure::{failure, io_failure};
use super::lock::{FOLDER, WriteLock};
use super::reader;
use super::refs::{RefUpdate, make_folder, move_refs, target};
use crate::{OpenMode, StoreError};

pub(super) const HEADS: &str = "refs/heads/";
/// The branch that says that this is a store.
pub(super) const MARK: &str = "schema-sync/store";
/// The branch that keeps all objects.
pub(super) const OBJECTS: &str = "schema-sync/objects";
/// Where a clone has the branches of what it was cloned from.
pub(super) const CLONED_FROM: &str = "origin";

const LAYOUT: u32 = 1;
const LAYOUT_FILE: &str = "layout";
const SETTINGS_FILE: &str = "settings";
const READ_ME: &str = "# A schema-sync store\n\n\
    Written by `schema-sync`; do not commit to it by hand. Each branch below `tenants/` is the history of a tenant, each\n\
    one below `refs/` that of a ref; `git log -p` of it shows what changed. The branch `schema-sync/objects` keeps every\n\
    snapshot under its SHA-256. Any clone of this repository is the whole store: `schema-sync --store git:CLONE log`.\n";

/// Opens the repository, making it where that is asked for.
pub(super) fn open(path: &Path, location: &str, mode: OpenMode) -> Result<Repository, StoreError> {
    let not_a_store = |reason: &str| StoreError::NotAStore { store: location.to_owned(), reason: reason.to_owned() };
    let is_empty = match fs::read_dir(path) {
        // Who died right at the beginning has left this store's own folder, with nothing in it.
        Ok(mut files) => Some(files.all(|file| file.is_ok_and(|file| is_own_folder_without_files(&file)))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Err(not_a_store("it is not a folder")),
        Err(error) => return Err(StoreError::Io { store: location.to_owned(), reason: error.to_string() }),
    };
    match (is_empty, mode) {
        (None, OpenMode::ReadOnly | OpenMode::ReadWrite) => {
            return Err(StoreError::Missing { store: location.to_owned() });
        }
        (None, OpenMode::Create) => {
            make_folder(path).map_err(|error| io_failure(location, &error))?;
            make(path, location)?;
        }
        // What somebody is making here, or has died while making, has the folder of this store before all else.
        (Some(is_empty), OpenMode::Create) if is_empty || WriteLock::was_taken(path) => {
            make(path, location)?;
        }
        (Some(_), _) => {}
    }
    let repository = plain_open(path).map_err(|error| match error.code() {
        ErrorCode::NotFound => not_a_store("the folder is not a git repository"),
        _ => failure(location, &error),
    })?;
    if mode != OpenMode::ReadOnly {
        // Taken once, to be told now and not later that nothing can be written here.
        let lock = WriteLock::take(repository.commondir(), location)?;
        if mode == OpenMode::Create && has_no_branches(&repository, location)? {
            mark(&repository, location, lock)?;
        }
        keep_for_good(&repository, location)?;
    }
    Ok(repository)
}

fn is_own_folder_without_files(entry: &fs::DirEntry) -> bool {
    entry.file_name() == FOLDER && fs::read_dir(entry.path()).is_ok_and(|mut files| files.next().is_none())
}

/// Another handle of the same repository.
pub(super) fn reopen(repository: &Repository, location: &str) -> Result<Repository, StoreError> {
    let other = plain_open(repository.path()).map_err(|error| failure(location, &error))?;
    keep_for_good(&other, location)?;
    Ok(other)
}

/// Not what holds the folder, and not what the environment says: the folder itself. No work tree is of interest, nor
/// whose the folder is: nothing that its settings name is ever run.
fn plain_open(path: &Path) -> Result<Repository, git2::Error> {
    match Repository::open_bare(path.join(".git")) {
        Err(error) if error.code() == ErrorCode::NotFound => {}
        opened => return opened,
    }
    match Repository::open_bare(path) {
        // A work tree beside the repository that it is of names that in a file.
        Err(error) if error.code() == ErrorCode::NotFound && path.join(".git").is_file() => {
            Repository::open_ext(path, RepositoryOpenFlags::NO_SEARCH, std::iter::empty::<PathBuf>())
        }
        opened => opened,
    }
}

/// Makes a bare repository. Whoever comes second, also after the first one has died in the middle, finishes it.
fn make(path: &Path, location: &str) -> Result<(), StoreError> {
    let failed = |error: git2::Error| failure(location, &error);
    let is_made =
        || plain_open(path).is_ok_and(|repository| has_no_branches(&repository, location).is_ok_and(|none| !none));
    if is_made() {
        return Ok(());
    }
    let _lock = WriteLock::take(path, location)?;
    if is_made() {
        return Ok(());
    }
    // Nobody else makes it, so that these were left behind.
    for lock in ["config.lock", "HEAD.lock"] {
        match fs::remove_file(path.join(lock)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io_failure(location, &error)),
            _ => {}
        }
    }
    let mut options = RepositoryInitOptions::new();
    options.bare(true).external_template(false).initial_head(&format!("{HEADS}{MARK}"));
    Repository::init_opts(path, &options).map_err(failed)?;
    Ok(())
}

fn has_no_branches(repository: &Repository, location: &str) -> Result<bool, StoreError> {
    let failed = |error: git2::Error| failure(location, &error);
    Ok(repository.references().map_err(failed)?.next().is_none())
}

/// Marks the repository as a store. The commit is the same in every store.
fn mark(repository: &Repository, location: &str, mut lock: WriteLock) -> Result<(), StoreError> {
    keep_for_good(repository, location)?;
    let new = mark_commit(repository).map_err(|error| failure(location, &error))?;
    let update = RefUpdate { name: format!("{HEADS}{MARK}"), old: None, new };
    move_refs(repository, location, &mut lock, &[update])?;
    Ok(())
}

fn mark_commit(repository: &Repository) -> Result<Oid, git2::Error> {
    const FILE_MODE: i32 = 0o100_644;
    let objects = repository.odb()?;
    let mut tree = repository.treebuilder(None)?;
    tree.insert("README.md", objects.write(ObjectType::Blob, READ_ME.as_bytes())?, FILE_MODE)?;
    tree.insert(LAYOUT_FILE, objects.write(ObjectType::Blob, format!("{LAYOUT}\n").as_bytes())?, FILE_MODE)?;
    let tree = tree.write()?;
    let by = "schema-sync <> 0 +0000";
    let text = format!("tree {tree}\nauthor {by}\ncommitter {by}\n\nA schema-sync store\n");
    objects.write(ObjectType::Commit, text.as_bytes())
}

/// Refuses a repository that is not a store, by the branch that says so, here or where it was cloned from.
pub(super) fn check_mark(repository: &Repository, location: &str, areas: &[String]) -> Result<(), StoreError> {
    let not_a_store = |reason: String| StoreError::NotAStore { store: location.to_owned(), reason };
    for area in areas {
        let Some(id) = target(repository, location, &format!("{area}{MARK}"))? else { continue };
        let found = layout(repository, location, id)?;
        return match found {
            Some(LAYOUT) => Ok(()),
            Some(found) if found > LAYOUT => {
                Err(StoreError::Newer { store: location.to_owned(), found, supported: LAYOUT })
            }
            _ => Err(not_a_store(format!("its branch {MARK} is of something else"))),
        };
    }
    Err(not_a_store(format!("the repository has no branch {MARK}; give the store a folder of its own")))
}

fn layout(repository: &Repository, location: &str, id: Oid) -> Result<Option<u32>, StoreError> {
    let what = || format!("the branch {MARK}");
    let commit = reader::commit(repository, location, id, &what)?;
    let files = reader::tree(repository, location, commit.tree, &what)?;
    let Some(file) = files.iter().find(|file| file.name == LAYOUT_FILE.as_bytes()) else { return Ok(None) };
    let bytes = reader::read(repository, location, ObjectType::Blob, file.id, &what)?;
    Ok(std::str::from_utf8(&bytes).ok().and_then(|text| text.trim().parse().ok()))
}

/// Has every object written to the disk before it has its name. The setting stands in a file of its own, as git programs
/// call it old; it is for this process alone.
fn keep_for_good(repository: &Repository, location: &str) -> Result<(), StoreError> {
    const SETTINGS: &str = "[core]\n\tfsyncObjectFiles = true\n";
    let path = repository.commondir().join(FOLDER).join(SETTINGS_FILE);
    if !fs::read_to_string(&path).is_ok_and(|text| text == SETTINGS) {
        // Others may read it at the same time: they see the whole file or none.
        let unfinished = path.with_extension(std::process::id().to_string());
        let written = fs::write(&unfinished, SETTINGS).and_then(|()| fs::rename(&unfinished, &path));
        written.map_err(|error| io_failure(location, &error))?;
    }
    let set = repository.config().and_then(|mut settings| {
        settings.add_file(&path, ConfigLevel::App, true)?;
        repository.set_config(&settings)
    });
    set.map_err(|error| failure(location, &error))
}
