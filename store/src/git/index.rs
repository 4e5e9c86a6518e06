//! All objects of a store, found by their SHA-256: a branch whose tree has a folder for each first byte, in it a file for
//! each snapshot, named by its hash and the second at which it was last put. A name is found by halving; keeping an
//! object writes two trees, however many there are.

use std::collections::{BTreeMap, HashMap};

use git2::{Oid, Repository};
use jiff::Timestamp;

use super::failure::corrupt;
use super::reader::{self, TreeEntry};
use super::writer::Writer;
use crate::{SnapshotHash, StoreError};

const HASH_DIGITS: usize = 64;
const FILE_MODE: i32 = 0o100_644;
const FOLDER_MODE: i32 = 0o040_000;

/// An object as the index names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) blob: Oid,
    pub(super) stored: Timestamp,
}

/// What happens to an object in the index; `None` takes it out.
pub(super) type Changes = BTreeMap<SnapshotHash, Option<Kept>>;

/// One version of the index.
pub(super) struct Index<'r> {
    repository: &'r Repository,
    location: &'r str,
    root: Vec<TreeEntry>,
    folders: HashMap<u8, Vec<TreeEntry>>,
}

fn what() -> String {
    "the index of objects".to_owned()
}

impl<'r> Index<'r> {
    /// The index in this commit; an empty one where there is none.
    pub(super) fn read(repository: &'r Repository, location: &'r str, commit: Option<Oid>) -> Result<Self, StoreError> {
        let root = match commit {
            Some(id) => {
                let commit = reader::commit(repository, location, id, &what)?;
                reader::tree(repository, location, commit.tree, &what)?
            }
            None => Vec::new(),
        };
        Ok(Self { repository, location, root, folders: HashMap::new() })
    }

    fn folder(&mut self, first: u8) -> Result<&[TreeEntry], StoreError> {
        if !self.folders.contains_key(&first) {
            let name = format!("{first:02x}");
            let entry = self.root.iter().find(|entry| entry.name == name.as_bytes());
            let tree = entry.map(|entry| reader::tree(self.repository, self.location, entry.id, &what));
            self.folders.insert(first, tree.transpose()?.unwrap_or_default());
        }
        Ok(self.folders.get(&first).map(Vec::as_slice).unwrap_or_default())
    }

    /// The object of this hash; where it was noted twice, the later time.
    pub(super) fn get(&mut self, hash: &SnapshotHash) -> Result<Option<Kept>, StoreError> {
        Ok(self.range(hash, hash, 1)?.pop().map(|(_, kept)| kept))
    }

    /// All objects.
    pub(super) fn all(&mut self) -> Result<Vec<(SnapshotHash, Kept)>, StoreError> {
        self.range(&SnapshotHash::from([0; 32]), &SnapshotHash::from([0xff; 32]), usize::MAX)
    }

    /// The objects from one hash to another, sorted, so many at most.
    pub(super) fn range(
        &mut self,
        first: &SnapshotHash,
        last: &SnapshotHash,
        limit: usize,
    ) -> Result<Vec<(SnapshotHash, Kept)>, StoreError> {
        let mut found: Vec<(SnapshotHash, Kept)> = Vec::new();
        for byte in first.as_bytes()[0]..=last.as_bytes()[0] {
            let location = self.location;
            let folder = self.folder(byte)?;
            let digits = first.to_string();
            let start = folder.partition_point(|entry| entry.name.as_slice() < digits.as_bytes());
            for entry in &folder[start..] {
                let (hash, kept) = parse(entry).ok_or_else(|| not_ours(location, &entry.name))?;
                if hash > *last {
                    return Ok(found);
                }
                if let Some(before) = found.last_mut().filter(|(before, _)| *before == hash) {
                    before.1 = kept;
                } else if found.len() == limit {
                    return Ok(found);
                } else {
                    found.push((hash, kept));
                }
            }
        }
        Ok(found)
    }

    /// Writes the tree of this index with some objects changed.
    pub(super) fn change(&mut self, writer: &mut Writer<'_>, changes: &Changes) -> Result<Oid, StoreError> {
        let mut folders: BTreeMap<u8, Vec<(SnapshotHash, Option<Kept>)>> = BTreeMap::new();
        for (hash, kept) in changes {
            folders.entry(hash.as_bytes()[0]).or_default().push((*hash, *kept));
        }
        let mut root = entries(&self.root);
        for (first, changes) in folders {
            let mut files = entries(self.folder(first)?);
            for (hash, kept) in changes {
                let digits = hash.to_string();
                let noted: Vec<Vec<u8>> = files
                    .range(digits.clone().into_bytes()..)
                    .map(|(name, _)| name.clone())
                    .take_while(|name| name.starts_with(digits.as_bytes()))
                    .collect();
                for name in noted {
                    files.remove(&name);
                }
                if let Some(kept) = kept {
                    let name = format!("{digits}.{}", kept.stored.as_second());
                    files.insert(name.into_bytes(), (FILE_MODE, kept.blob));
                }
            }
            let name = format!("{first:02x}").into_bytes();
            if files.is_empty() {
                root.remove(&name);
            } else {
                root.insert(name, (FOLDER_MODE, writer.tree(&files)?));
            }
        }
        writer.tree(&root)
    }
}

/// The names of a tree with what they name. No name here is the beginning of another, so that bytes sort as git does.
pub(super) type Entries = BTreeMap<Vec<u8>, (i32, Oid)>;

fn entries(tree: &[TreeEntry]) -> Entries {
    tree.iter().map(|entry| (entry.name.clone(), (entry.mode, entry.id))).collect()
}

fn parse(entry: &TreeEntry) -> Option<(SnapshotHash, Kept)> {
    let name = std::str::from_utf8(&entry.name).ok()?;
    let (digits, second) = name.split_at_checked(HASH_DIGITS)?;
    let stored = Timestamp::from_second(second.strip_prefix('.')?.parse().ok()?).ok()?;
    Some((digits.parse().ok()?, Kept { blob: entry.id, stored }))
}

fn not_ours(location: &str, name: &[u8]) -> StoreError {
    let name = String::from_utf8_lossy(name).escape_debug().to_string();
    corrupt(location, &what(), &format!("`{name}` is no name of an object"))
}
