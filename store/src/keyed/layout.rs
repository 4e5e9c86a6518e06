//! Which key holds what, and in which form. This is the contract with every store that has ever been written:
//!
//! | key | what |
//! | --- | --- |
//! | `store` | that this is a store, and its layout |
//! | `objects/ab/HASH` | a snapshot, compressed |
//! | `objects/ab/HASH.TIME` | the same once more, kept because it was put or named again when the first was old |
//! | `objects/ab/HASH.removed` | that the first was removed once, so that it must not be made again |
//! | `logs/NAME/~SEQUENCE` | an entry; its number counts down, so that the newest entry has the first key |
//! | `names/NAME~` | that there is such a log |
//!
//! No part of a log's name holds `~`, so that nothing of one log is taken for another's, also where one log's name begins
//! with another's. `tmp/` and `probe/` hold what is not of the store yet, or no longer.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{EntryHash, HashPrefix, LogEntry, LogName, SnapshotHash};

pub(crate) const MARKER: &str = "store";
pub(super) const OBJECTS: &str = "objects/";
const LOGS: &str = "logs/";
pub(super) const NAMES: &str = "names/";
/// Where a file is made before it gets its name.
pub(crate) const TEMPORARY: &str = "tmp/";
/// Where a server shows what it can do before it is trusted with a store.
pub(crate) const PROBE: &str = "probe/";
const KIND: &str = "schema-sync";
pub(super) const LAYOUT: u32 = 1;

/// What stands under [`MARKER`].
#[derive(Serialize, Deserialize)]
pub(super) struct Marker {
    pub(super) layout: u32,
    store: String,
}

impl Marker {
    pub(super) fn bytes() -> Vec<u8> {
        let marker = Self { layout: LAYOUT, store: KIND.to_owned() };
        serde_json::to_vec(&marker).unwrap_or_default()
    }

    /// What these bytes say; none where they are no store's.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice::<Self>(bytes).ok().filter(|marker| marker.store == KIND)
    }
}

pub(super) fn object(hash: &SnapshotHash) -> String {
    objects_with(&hash.to_string())
}

pub(super) fn objects_of(prefix: &HashPrefix) -> String {
    objects_with(prefix.as_str())
}

fn objects_with(digits: &str) -> String {
    format!("{OBJECTS}{}/{digits}", &digits[..2])
}

/// A further copy of an object.
pub(super) fn copy(hash: &SnapshotHash, now: Timestamp) -> String {
    format!("{}.{:016x}", object(hash), now.as_millisecond())
}

/// That the first copy of an object was removed once.
pub(super) fn removed(hash: &SnapshotHash) -> String {
    object(hash) + ".removed"
}

/// Greater than the key of every copy of this object, and smaller than those of the next.
pub(super) fn behind_object(hash: &SnapshotHash) -> String {
    object(hash) + "/"
}

/// The object that a key holds a copy of; none where the key is of something else.
pub(super) fn object_of(key: &str) -> Option<SnapshotHash> {
    let (_, name) = key.strip_prefix(OBJECTS)?.split_once('/')?;
    let (digits, time) = name.split_once('.').unwrap_or((name, ""));
    let hash: SnapshotHash = digits.parse().ok()?;
    let is_time = time.len() == 16 && time.bytes().all(|byte| byte.is_ascii_hexdigit());
    (key.starts_with(&object(&hash)) && (is_time || digits.len() == name.len())).then_some(hash)
}

/// What the keys of all entries of a log begin with.
pub(super) fn entries(log: &LogName) -> String {
    format!("{LOGS}{log}/~")
}

pub(super) fn entry(log: &LogName, sequence: u64) -> String {
    format!("{}{:016x}", entries(log), u64::MAX - sequence)
}

/// The sequence number that an entry's key holds.
pub(super) fn sequence_of(log: &LogName, key: &str) -> Option<u64> {
    let digits = key.strip_prefix(&entries(log))?;
    let sequence = u64::MAX - u64::from_str_radix(digits, 16).ok()?;
    (entry(log, sequence) == key && sequence > 0).then_some(sequence)
}

pub(super) fn name(log: &LogName) -> String {
    format!("{NAMES}{log}~")
}

/// The log's name, as written, that a key of the index is for.
pub(super) fn name_of(key: &str) -> Option<&str> {
    key.strip_prefix(NAMES)?.strip_suffix('~')
}

/// An entry as it is kept: a line with its hash and a number that no other attempt to append has, then the very bytes
/// that the hash is of. Two who append the same in the same instant write different bytes, so each can see whose is there.
pub(super) fn entry_bytes(entry: &LogEntry, attempt: u64) -> Vec<u8> {
    let mut bytes = format!("{} {attempt:016x}\n", entry.hash).into_bytes();
    bytes.extend(entry.to_bytes());
    bytes
}

/// The entry in such bytes, which must be the one of this log and place.
pub(super) fn read_entry(log: &LogName, sequence: u64, bytes: &[u8]) -> Result<LogEntry, String> {
    let hash = bytes.get(..64).and_then(|digits| std::str::from_utf8(digits).ok());
    let hash: EntryHash = hash.and_then(|digits| digits.parse().ok()).ok_or("it does not begin with a hash")?;
    let attempt = bytes.get(64..82).filter(|rest| rest[0] == b' ' && rest[17] == b'\n').map(|rest| &rest[1..17]);
    if !attempt.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
        return Err("the first line is not of an entry".to_owned());
    }
    let entry = LogEntry::from_bytes(&hash, &bytes[82..]).map_err(|error| error.to_string())?;
    if entry.log == *log && entry.sequence == sequence {
        Ok(entry)
    } else {
        Err(format!("it is entry {} of {}", entry.sequence, entry.log))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_written_for_ever() {
        let hash = SnapshotHash::of(b"abc");
        let digits = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let at: Timestamp = "2026-03-03T10:00:00Z".parse().unwrap();
        assert_eq!(object(&hash), format!("objects/ba/{digits}"));
        assert_eq!(copy(&hash, at), format!("objects/ba/{digits}.0000019cb323e500"));
        assert_eq!(objects_of(&"ba781".parse().unwrap()), "objects/ba/ba781");
        for key in [object(&hash), copy(&hash, at)] {
            assert_eq!(object_of(&key), Some(hash));
            assert!(key < behind_object(&hash));
        }
        for key in ["objects/ba/x", "objects/bb/".to_owned().as_str(), &object(&hash).replace("/ba/", "/bb/"), "store"]
        {
            assert_eq!(object_of(key), None, "{key}");
        }
        let log = LogName::tenant("eu/a b").unwrap();
        assert_eq!(entry(&log, 1), "logs/tenants/eu/a%20b/~fffffffffffffffe");
        assert!(entry(&log, 2) < entry(&log, 1));
        assert_eq!(sequence_of(&log, &entry(&log, 7)), Some(7));
        for digits in ["fffffffffffffffE", "ffffffffffffffff", "+ffffffffffffffe", "7", ""] {
            assert_eq!(sequence_of(&log, &(entries(&log) + digits)), None, "{digits}");
        }
        assert_eq!(name(&log), "names/tenants/eu/a%20b~");
        assert_eq!(name_of(&name(&log)), Some("tenants/eu/a%20b"));
        assert_eq!(String::from_utf8(Marker::bytes()).unwrap(), "{\"layout\":1,\"store\":\"schema-sync\"}");
    }

    #[test]
    fn an_entry_is_its_hash_and_the_bytes_that_have_it() {
        let log = LogName::tenant("acme").unwrap();
        let new = crate::NewEntry::new(crate::Event::CAPTURED, "me");
        let entry = LogEntry::following(&log, None, Timestamp::UNIX_EPOCH, new).unwrap();
        let bytes = entry_bytes(&entry, 7);
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(text.starts_with(&format!("{} 0000000000000007\n{{\"author\":\"me\",", entry.hash)), "{text}");
        assert_eq!(read_entry(&log, 1, &bytes), Ok(entry));
        assert!(read_entry(&log, 2, &bytes).is_err());
        assert!(read_entry(&LogName::tenant("other").unwrap(), 1, &bytes).is_err());
        for length in 0..bytes.len() {
            assert!(read_entry(&log, 1, &bytes[..length]).is_err(), "{length}");
        }
        // A hexadecimal digit of the attempt may become another one: it says nothing about the entry.
        for (position, _) in bytes.iter().enumerate().filter(|(position, _)| !(65..81).contains(position)) {
            let mut changed = bytes.clone();
            changed[position] ^= 0x40;
            assert!(read_entry(&log, 1, &changed).is_err(), "{position}");
        }
    }
}
