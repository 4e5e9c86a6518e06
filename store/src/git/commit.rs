//! An entry as a commit, and back. The message ends with trailers, the last of which is the entry's canonical JSON, so
//! that the entry is rebuilt from the commit alone; a commit's id depends on nothing but the entry and what it follows.

use git2::Oid;

use super::failure::corrupt;
use super::reader::Commit;
use super::signature::signature;
use super::summary::title;
use crate::{EntryHash, LogEntry, LogName, StoreError};

const HASH_TRAILER: &str = "Schema-Sync-Hash: ";
const ENTRY_TRAILER: &str = "Schema-Sync-Entry: ";

/// The bytes of the commit that keeps an entry.
pub(super) fn commit_bytes(entry: &LogEntry, summary: &str, tree: Oid, parent: Option<Oid>) -> Vec<u8> {
    let signature = signature(&entry.author, entry.time);
    let mut text = format!("tree {tree}\n");
    if let Some(parent) = parent {
        text.push_str(&format!("parent {parent}\n"));
    }
    text.push_str(&format!("author {signature}\ncommitter {signature}\n\n{}: {summary}\n\n", title(entry)));
    if let Some(note) = entry.note.as_deref().map(readable).filter(|note| !note.is_empty()) {
        text.push_str(&format!("{note}\n\n"));
    }
    text.push_str(&format!("Schema-Sync-Event: {}\n", entry.event));
    if let Some(snapshot) = entry.snapshot {
        text.push_str(&format!("Schema-Sync-Snapshot: {snapshot}\n"));
    }
    text.push_str(&format!("{HASH_TRAILER}{}\n{ENTRY_TRAILER}", entry.hash));
    let mut bytes = text.into_bytes();
    bytes.extend(entry.to_bytes());
    bytes.push(b'\n');
    bytes
}

/// A note as people read it; the note itself stands in the entry.
fn readable(note: &str) -> String {
    let kept = |character: &char| !character.is_control() || *character == '\n';
    note.chars().filter(kept).collect::<String>().trim().to_owned()
}

/// The entry that a commit of this log keeps, which must be whole.
pub(super) fn entry_of(location: &str, log: &LogName, id: Oid, commit: &Commit) -> Result<LogEntry, StoreError> {
    let damaged = |reason: String| corrupt(location, &format!("commit {} of {log}", id), &reason);
    let not_ours = || damaged("it does not end with the trailers of an entry".to_owned());
    let mut lines = commit.message.trim_ascii_end().rsplit(|byte| *byte == b'\n');
    let entry = lines.next().and_then(|line| line.strip_prefix(ENTRY_TRAILER.as_bytes())).ok_or_else(not_ours)?;
    let hash = lines.next().and_then(|line| line.strip_prefix(HASH_TRAILER.as_bytes())).ok_or_else(not_ours)?;
    let hash = std::str::from_utf8(hash).ok().and_then(|hash| hash.parse::<EntryHash>().ok()).ok_or_else(not_ours)?;
    let entry = LogEntry::from_bytes(&hash, entry).map_err(|error| damaged(error.to_string()))?;
    if entry.log != *log {
        return Err(damaged(format!("it is entry {} of {}", entry.sequence, entry.log)));
    }
    if commit.parents.len() != usize::from(entry.previous.is_some()) {
        return Err(damaged(format!("it has {} parents", commit.parents.len())));
    }
    Ok(entry)
}
