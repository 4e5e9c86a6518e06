//! Logs: append-only chains of entries, each of which names the one before it by its hash. What an event means, and
//! what stands in its details, is for whoever appends it to say.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use smol_str::SmolStr;

use crate::canonical_json::{self, Sorted, unfit};
use crate::{EntryHash, LogName, SnapshotHash};

const EVENT_BYTES_MAX: usize = 64;

/// An entry that no log can hold, or bytes that are no entry of a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// The name of an event is not a plain word.
    #[error("`{0}` is not the name of an event: a-z, 0-9 and `_` are expected, 64 at most, a letter first")]
    Event(String),
    /// The details hold what canonical JSON cannot.
    #[error("the entry's details hold something that {0}")]
    Details(&'static str),
    /// The bytes are not those that the hash names.
    #[error("the entry's hash is {found}, not {expected}")]
    Hash {
        /// The hash under which it is kept.
        expected: EntryHash,
        /// The hash that its bytes have.
        found: EntryHash,
    },
    /// The bytes have the right hash and are no entry that this version understands.
    #[error("the entry cannot be read: {0}")]
    Unreadable(String),
    /// The entry does not belong where it stands.
    #[error("entry {sequence} of {log} does not stand where it was appended: {reason}")]
    Misplaced {
        /// The log that it says it is of.
        log: LogName,
        /// The place that it says it has.
        sequence: u64,
        /// What does not fit.
        reason: String,
    },
}

/// What happened: a plain word such as `captured`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Event(SmolStr);

impl Event {
    /// A tenant was looked at, and this is what it is.
    pub const CAPTURED: Self = Self(SmolStr::new_static("captured"));
    /// A ref was moved to a snapshot.
    pub const BLESSED: Self = Self(SmolStr::new_static("blessed"));
    /// A tenant was changed to a snapshot, alone.
    pub const SYNCED: Self = Self(SmolStr::new_static("synced"));
    /// A tenant was changed to a snapshot, as part of a rollout.
    pub const PROMOTED: Self = Self(SmolStr::new_static("promoted"));

    /// An event of this name.
    ///
    /// # Errors
    /// A name other than a-z, 0-9 and `_` with a letter first, or longer than 64.
    pub fn new(name: &str) -> Result<Self, LogError> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let begins_well = name.as_bytes().first().is_some_and(u8::is_ascii_lowercase);
        if begins_well && name.len() <= EVENT_BYTES_MAX && name.bytes().all(plain) {
            Ok(Self(name.into()))
        } else {
            Err(LogError::Event(name.chars().take(80).flat_map(char::escape_debug).collect()))
        }
    }

    /// The word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Event {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&SmolStr::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// What is to be appended to a log. The store adds the place, the time and the hash.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEntry {
    /// What happened.
    pub event: Event,
    /// The snapshot that it is about, which the store must hold already.
    pub snapshot: Option<SnapshotHash>,
    /// Who did it.
    pub author: String,
    /// What they said about it.
    pub note: Option<String>,
    /// What else is to be known, as the event has it; null for nothing. Numbers must be whole and within 2^53.
    pub details: Value,
}

impl NewEntry {
    /// An entry about no snapshot, without note and details.
    pub fn new(event: Event, author: impl Into<String>) -> Self {
        Self { event, snapshot: None, author: author.into(), note: None, details: Value::Null }
    }

    /// The same, about this snapshot.
    #[must_use]
    pub fn snapshot(mut self, hash: SnapshotHash) -> Self {
        self.snapshot = Some(hash);
        self
    }

    /// The same, with a note where there is one.
    #[must_use]
    pub fn note(mut self, note: Option<String>) -> Self {
        self.note = note;
        self
    }

    /// The same, with these details.
    #[must_use]
    pub fn details(mut self, details: Value) -> Self {
        self.details = details;
        self
    }
}

/// An entry of a log, as it was appended. Serialises to JSON with its hash in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogEntry {
    /// The hash of the entry's canonical JSON, in which all the other fields stand: nothing of it, not even its place,
    /// can be changed unseen.
    pub hash: EntryHash,
    /// The log that it is of.
    pub log: LogName,
    /// Its place in the log, counted from 1.
    pub sequence: u64,
    /// The entry before it; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<EntryHash>,
    /// When it was appended, by the clock of whoever appended it, to the millisecond; never before the entry before it.
    pub time: Timestamp,
    /// What happened.
    pub event: Event,
    /// The snapshot that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<SnapshotHash>,
    /// Who did it.
    pub author: String,
    /// What they said about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What else is to be known, as the event has it; null for nothing.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub details: Value,
}

/// An entry without its hash, its members in the order of canonical JSON.
#[derive(Serialize)]
struct Body<'a> {
    author: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Sorted<'a>>,
    event: &'a Event,
    log: &'a LogName,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<EntryHash>,
    sequence: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshot: Option<SnapshotHash>,
    time: Timestamp,
}

impl LogEntry {
    /// The entry that follows `last` in its log, or begins the log. For stores: this is what `append` keeps.
    ///
    /// # Errors
    /// Details that have no canonical form.
    pub fn following(log: &LogName, last: Option<&Self>, now: Timestamp, entry: NewEntry) -> Result<Self, LogError> {
        if let Some(reason) = unfit(&entry.details) {
            return Err(LogError::Details(reason));
        }
        let now = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
        let mut sealed = Self {
            hash: EntryHash::from([0; 32]),
            log: log.clone(),
            sequence: last.map_or(1, |last| last.sequence.saturating_add(1)),
            previous: last.map(|last| last.hash),
            time: last.map_or(now, |last| now.max(last.time)),
            event: entry.event,
            snapshot: entry.snapshot,
            author: entry.author,
            note: entry.note,
            details: entry.details,
        };
        sealed.hash = EntryHash::of(&sealed.to_bytes());
        Ok(sealed)
    }

    /// The canonical JSON of all but the hash: the bytes that the hash is of, and that a store keeps.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = Body {
            author: &self.author,
            details: (!self.details.is_null()).then_some(Sorted(&self.details)),
            event: &self.event,
            log: &self.log,
            note: self.note.as_deref(),
            previous: self.previous,
            sequence: self.sequence,
            snapshot: self.snapshot,
            time: self.time,
        };
        let mut bytes = Vec::new();
        canonical_json::write(&body, &mut bytes);
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) gave.
    ///
    /// # Errors
    /// Bytes that do not have this hash, or that are no entry.
    pub fn from_bytes(hash: &EntryHash, bytes: &[u8]) -> Result<Self, LogError> {
        let found = EntryHash::of(bytes);
        if found != *hash {
            return Err(LogError::Hash { expected: *hash, found });
        }
        let unreadable = |error: serde_json::Error| LogError::Unreadable(error.to_string());
        let mut members: serde_json::Map<String, Value> = serde_json::from_slice(bytes).map_err(unreadable)?;
        members.insert("hash".to_owned(), Value::String(hash.to_string()));
        serde_json::from_value(Value::Object(members)).map_err(unreadable)
    }

    /// Whether this stands right behind `before`, or begins the log where there is none.
    ///
    /// # Errors
    /// What does not fit.
    pub fn check_place(&self, before: Option<&Self>) -> Result<(), LogError> {
        let misplaced = |reason: String| LogError::Misplaced { log: self.log.clone(), sequence: self.sequence, reason };
        let (log, sequence) = before.map_or((&self.log, 1), |before| (&before.log, before.sequence.saturating_add(1)));
        if (log, sequence) != (&self.log, self.sequence) {
            return Err(misplaced(format!("entry {sequence} of {log} is expected there")));
        }
        if before.map(|before| before.hash) != self.previous {
            return Err(misplaced(
                "the entry before it is another than the one that it was appended behind".to_owned(),
            ));
        }
        Ok(())
    }
}

/// Checks that entries, oldest first, are one unbroken chain. It must begin with a log's first entry, or directly
/// behind `before`.
///
/// # Errors
/// The first entry that was changed, moved, or whose predecessor is missing.
pub fn verify_chain<'a>(
    before: Option<&'a LogEntry>,
    entries: impl IntoIterator<Item = &'a LogEntry>,
) -> Result<(), LogError> {
    let mut last = before;
    for entry in entries {
        let found = EntryHash::of(&entry.to_bytes());
        if found != entry.hash {
            return Err(LogError::Hash { expected: entry.hash, found });
        }
        entry.check_place(last)?;
        last = Some(entry);
    }
    Ok(())
}

/// Which entries of a log are read: always the newest that fit, and never more than a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogRange {
    /// How many entries at most.
    pub limit: usize,
    /// Only entries whose sequence number is smaller than this.
    pub before: Option<u64>,
    /// Only entries that were there at this time.
    pub as_of: Option<Timestamp>,
}

impl LogRange {
    /// The last so many entries.
    #[must_use]
    pub fn last(limit: usize) -> Self {
        Self { limit, before: None, as_of: None }
    }

    /// The same, of those before this sequence number.
    #[must_use]
    pub fn before(mut self, sequence: u64) -> Self {
        self.before = Some(sequence);
        self
    }

    /// The same, of those that were there at this time.
    #[must_use]
    pub fn as_of(mut self, time: Timestamp) -> Self {
        self.as_of = Some(time);
        self
    }

    /// Whether an entry is one of those, the limit aside.
    #[must_use]
    pub fn includes(&self, entry: &LogEntry) -> bool {
        self.before.is_none_or(|before| entry.sequence < before) && self.as_of.is_none_or(|time| entry.time <= time)
    }
}

#[cfg(test)]
mod tests;
