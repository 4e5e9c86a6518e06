//! All objects of a store, found by their SHA-256: a branch whose tree has a folder for each first byte, in it a file for
//! each snapshot, named by its hash and the second at which it was last put. A name is found by halving; keeping an
//! object writes two trees, however many there are.

use std::collections::{BTreeMap, HashMap};

use git2::{Oid, Repository, Tree};
use jiff::Timestamp;

use super::failure::{corrupt, failure};
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
    root: Option<Tree<'r>>,
    folders: HashMap<u8, Option<Tree<'r>>>,
}

impl<'r> Index<'r> {
    /// The index in this commit; an empty one where there is none.
    pub(super) fn read(repository: &'r Repository, location: &'r str, commit: Option<Oid>) -> Result<Self, StoreError> {
        let root = commit.map(|id| repository.find_commit(id).and_then(|commit| commit.tree()));
        let root = root.transpose().map_err(|error| damaged(location, &error))?;
        Ok(Self { repository, location, root, folders: HashMap::new() })
    }

    fn folder(&mut self, first: u8) -> Result<Option<&Tree<'r>>, StoreError> {
        if !self.folders.contains_key(&first) {
            let entry = self.root.as_ref().and_then(|root| root.get_name(&format!("{first:02x}")));
            let tree = entry.map(|entry| self.repository.find_tree(entry.id())).transpose();
            self.folders.insert(first, tree.map_err(|error| damaged(self.location, &error))?);
        }
        Ok(self.folders.get(&first).and_then(Option::as_ref))
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
            let Some(folder) = self.folder(byte)? else { continue };
            let digits = first.to_string();
            let mut position = partition(folder, |name| name < digits.as_bytes());
            while let Some(entry) = folder.get(position) {
                let (hash, kept) = parse(&entry).ok_or_else(|| not_ours(location, entry.name_bytes()))?;
                if hash > *last {
                    return Ok(found);
                }
                position += 1;
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
        let mut root = entries(self.root.as_ref());
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

fn entries(tree: Option<&Tree<'_>>) -> Entries {
    let entry = |entry: git2::TreeEntry<'_>| (entry.name_bytes().to_vec(), (entry.filemode(), entry.id()));
    tree.into_iter().flat_map(|tree| tree.iter().map(entry)).collect()
}

/// How many names of a sorted folder come before what is looked for.
fn partition(folder: &Tree<'_>, is_before: impl Fn(&[u8]) -> bool) -> usize {
    let (mut low, mut high) = (0, folder.len());
    while low < high {
        let middle = low + (high - low) / 2;
        if folder.get(middle).is_some_and(|entry| is_before(entry.name_bytes())) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

fn parse(entry: &git2::TreeEntry<'_>) -> Option<(SnapshotHash, Kept)> {
    let name = std::str::from_utf8(entry.name_bytes()).ok()?;
    let (digits, second) = name.split_at_checked(HASH_DIGITS)?;
    let stored = Timestamp::from_second(second.strip_prefix('.')?.parse().ok()?).ok()?;
    Some((digits.parse().ok()?, Kept { blob: entry.id(), stored }))
}

fn damaged(location: &str, error: &git2::Error) -> StoreError {
    match failure(location, error) {
        StoreError::Io { reason, .. } => corrupt(location, "the index of objects", &reason),
        other => other,
    }
}

fn not_ours(location: &str, name: &[u8]) -> StoreError {
    let name = String::from_utf8_lossy(name).escape_debug().to_string();
    corrupt(location, "the index of objects", &format!("`{name}` is no name of an object"))
}
