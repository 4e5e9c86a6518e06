//! Reading git objects. Files of single objects are unpacked and checked here, as libgit2 does not end on one that is cut
//! short; packs are left to it. Whatever is read has the hash that it is read by.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use flate2::read::ZlibDecoder;
use git2::{ObjectType, Oid, Repository};

use super::failure::{corrupt, failure};
use crate::StoreError;

/// Bytes of an object at most; what unpacks to more is damaged.
const OBJECT_BYTES_MAX: u64 = 1 << 30;

/// A commit, as far as it matters.
pub(super) struct Commit {
    pub(super) tree: Oid,
    pub(super) parents: Vec<Oid>,
    pub(super) message: Vec<u8>,
}

/// A name in a tree, and what it names.
pub(super) struct TreeEntry {
    pub(super) name: Vec<u8>,
    pub(super) mode: i32,
    pub(super) id: Oid,
}

/// The bytes of an object of this kind. A missing one is damage, as something names it.
pub(super) fn read(
    repository: &Repository,
    location: &str,
    kind: ObjectType,
    id: Oid,
    what: &dyn Fn() -> String,
) -> Result<Vec<u8>, StoreError> {
    let damaged = |reason: &str| corrupt(location, &format!("{} (git object {id})", what()), reason);
    match read_file(repository, id) {
        Ok(Some(loose)) => {
            let (header, bytes) = split(&loose).ok_or_else(|| damaged("it has no header"))?;
            if header != format!("{kind} {}", bytes.len()).as_bytes() {
                return Err(damaged(&format!("it is no {kind}, or of another length")));
            }
            if Oid::hash_object(kind, bytes).ok() != Some(id) {
                return Err(damaged("its bytes have another hash"));
            }
            return Ok(bytes.to_vec());
        }
        Ok(None) => {}
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData
            ) =>
        {
            return Err(damaged(&format!("it does not unpack: {error}")));
        }
        Err(error) => return Err(StoreError::Io { store: location.to_owned(), reason: error.to_string() }),
    }
    let objects = repository.odb().map_err(|error| failure(location, &error))?;
    let object = objects.read(id).map_err(|error| damaged(error.message()))?;
    if object.kind() != kind {
        return Err(damaged(&format!("it is no {kind}")));
    }
    Ok(object.data().to_vec())
}

/// The file of a single object, if it has one.
pub(super) fn file_of(repository: &Repository, id: Oid) -> PathBuf {
    let digits = id.to_string();
    repository.commondir().join("objects").join(&digits[..2]).join(&digits[2..])
}

/// About the bytes that an object takes: those of its file, or those that are packed.
pub(super) fn size(repository: &Repository, location: &str, id: Oid) -> Result<u64, StoreError> {
    if let Ok(file) = file_of(repository, id).metadata() {
        return Ok(file.len());
    }
    let header = repository.odb().and_then(|objects| objects.read_header(id));
    let (bytes, _) = header.map_err(|error| corrupt(location, &format!("git object {id}"), error.message()))?;
    Ok(u64::try_from(bytes).unwrap_or(u64::MAX))
}

/// The unpacked file of a single object; none where there is no such file.
fn read_file(repository: &Repository, id: Oid) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(file_of(repository, id)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut bytes = Vec::new();
    ZlibDecoder::new(file).take(OBJECT_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

fn split(loose: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = loose.iter().position(|byte| *byte == 0)?;
    Some((&loose[..end], &loose[end + 1..]))
}

/// A commit that a branch or another commit names.
pub(super) fn commit(
    repository: &Repository,
    location: &str,
    id: Oid,
    what: &dyn Fn() -> String,
) -> Result<Commit, StoreError> {
    let bytes = read(repository, location, ObjectType::Commit, id, what)?;
    parse_commit(&bytes).ok_or_else(|| corrupt(location, &what(), "its commit has no tree"))
}

fn parse_commit(bytes: &[u8]) -> Option<Commit> {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n")?;
    let (mut tree, mut parents) = (None, Vec::new());
    for line in std::str::from_utf8(&bytes[..end]).ok()?.lines() {
        match line.split_once(' ')? {
            ("tree", id) => tree = Some(id.parse().ok()?),
            ("parent", id) => parents.push(id.parse().ok()?),
            _ => {}
        }
    }
    Some(Commit { tree: tree?, parents, message: bytes[end + 2..].to_vec() })
}

/// A tree that a commit or another tree names, in git's order.
pub(super) fn tree(
    repository: &Repository,
    location: &str,
    id: Oid,
    what: &dyn Fn() -> String,
) -> Result<Vec<TreeEntry>, StoreError> {
    let bytes = read(repository, location, ObjectType::Tree, id, what)?;
    parse_tree(&bytes).ok_or_else(|| corrupt(location, &what(), "its tree cannot be read"))
}

fn parse_tree(mut bytes: &[u8]) -> Option<Vec<TreeEntry>> {
    const ID_BYTES: usize = 20;
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let (head, rest) = split(bytes)?;
        let (id, rest) = rest.split_at_checked(ID_BYTES)?;
        let space = head.iter().position(|byte| *byte == b' ')?;
        let mode = i32::from_str_radix(std::str::from_utf8(&head[..space]).ok()?, 8).ok()?;
        entries.push(TreeEntry { name: head[space + 1..].to_vec(), mode, id: Oid::from_bytes(id).ok()? });
        bytes = rest;
    }
    Some(entries)
}
