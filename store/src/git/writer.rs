//! Writing git objects: few as files of their own, many into one pack, which is on the disk once it is finished.

use std::collections::HashSet;

use git2::{ErrorClass, ObjectType, Oid, Repository};

use super::failure::failure;
use super::index::Entries;
use super::reader::{file_of, read};
use super::repository::reopen;
use crate::StoreError;

/// From so many objects on they are written into one pack.
const PACK_FROM: usize = 64;
/// Above the priorities of the places on the disk, so that objects wait in memory.
const MEMORY_PRIORITY: i32 = 1_000;
const PACK_MODE: u32 = 0o444;
/// How often an object is written where git removes its folder.
const ATTEMPTS: usize = 16;

/// Where git objects are written to, until [`finish`](Self::finish).
pub(super) struct Writer<'r> {
    /// Reads what was written here, as well as what the repository has.
    pub(super) repository: Handle<'r>,
    location: &'r str,
    waiting: Option<(Vec<Oid>, HashSet<Oid>)>,
}

/// A repository's handle: the one of the caller, or one of its own whose new objects wait in memory.
pub(super) enum Handle<'r> {
    Shared(&'r Repository),
    Own(Box<Repository>),
}

impl std::ops::Deref for Handle<'_> {
    type Target = Repository;

    fn deref(&self) -> &Repository {
        match self {
            Self::Shared(repository) => repository,
            Self::Own(repository) => repository,
        }
    }
}

/// Git removes the folder of an object when it has packed all in it, also right before another one is put there.
fn is_folder_gone(error: &git2::Error) -> bool {
    error.class() == ErrorClass::Os && error.message().contains("No such file or directory")
}

impl<'r> Writer<'r> {
    /// A writer of about so many objects.
    pub(super) fn new(repository: &'r Repository, location: &'r str, count: usize) -> Result<Self, StoreError> {
        if count < PACK_FROM {
            return Ok(Self { repository: Handle::Shared(repository), location, waiting: None });
        }
        let own = reopen(repository, location)?;
        let memory = own.odb().and_then(|objects| objects.add_new_mempack_backend(MEMORY_PRIORITY).map(|_| ()));
        memory.map_err(|error| failure(location, &error))?;
        Ok(Self { repository: Handle::Own(Box::new(own)), location, waiting: Some(Default::default()) })
    }

    pub(super) fn blob(&mut self, bytes: &[u8]) -> Result<Oid, StoreError> {
        self.write(ObjectType::Blob, bytes)
    }

    pub(super) fn commit(&mut self, bytes: &[u8]) -> Result<Oid, StoreError> {
        self.write(ObjectType::Commit, bytes)
    }

    /// A tree of names that are sorted as git sorts them.
    pub(super) fn tree(&mut self, entries: &Entries) -> Result<Oid, StoreError> {
        let mut bytes = Vec::new();
        for (name, (mode, id)) in entries {
            bytes.extend(format!("{mode:o} ").as_bytes());
            bytes.extend(name);
            bytes.push(0);
            bytes.extend(id.as_bytes());
        }
        self.write(ObjectType::Tree, &bytes)
    }

    fn write(&mut self, kind: ObjectType, bytes: &[u8]) -> Result<Oid, StoreError> {
        let write = || self.repository.odb().and_then(|objects| objects.write(kind, bytes));
        let mut written = write();
        let mut attempts = 1;
        while written.as_ref().is_err_and(is_folder_gone) && attempts < ATTEMPTS {
            written = write();
            attempts += 1;
        }
        let id = written.map_err(|error| failure(self.location, &error))?;
        if let Some((order, known)) = &mut self.waiting
            && known.insert(id)
        {
            if file_of(&self.repository, id).exists() {
                // It was there before, and is read once more for the pack: now, where one that is cut short is found.
                read(&self.repository, self.location, kind, id, &|| "what is to be written".to_owned())?;
            }
            order.push(id);
        }
        Ok(id)
    }

    /// Brings all to the disk.
    pub(super) fn finish(&mut self) -> Result<(), StoreError> {
        let Some((order, known)) = &mut self.waiting else { return Ok(()) };
        if order.is_empty() {
            return Ok(());
        }
        let folder = self.repository.commondir().join("objects").join("pack");
        let packed = self.repository.packbuilder().and_then(|mut pack| {
            order.iter().try_for_each(|id| pack.insert_object(*id, None))?;
            pack.write(&folder, PACK_MODE)
        });
        packed.map_err(|error| failure(self.location, &error))?;
        order.clear();
        known.clear();
        Ok(())
    }
}
