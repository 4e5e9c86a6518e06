//! Reading logs whole: page by page from the newest entry to the oldest, each page checked against the one before it;
//! and the snapshots that entries name. Knows no event.

use std::collections::{BTreeMap, HashSet};

use futures_util::{StreamExt, stream};
use schema_sync_store::{EntryHash, LogEntry, LogName, LogRange, SnapshotHash, SnapshotStore, StoreError};
use serde_json::Value;

/// Entries that are read at once of a log that is read whole.
pub(super) const PAGE_ENTRIES: usize = 500;
/// Logs that are read at once: a store may be far away.
pub(super) const LOGS_AT_ONCE: usize = 16;
/// Logs whose last entries are asked for at once.
pub(super) const LOGS_PER_CALL: usize = 1_000;

/// A log from its newest entry to its oldest.
pub(super) struct Walk<'a> {
    store: &'a dyn SnapshotStore,
    log: &'a LogName,
    range: LogRange,
    oldest: Option<LogEntry>,
    ended: bool,
}

impl<'a> Walk<'a> {
    /// All entries of a log, or with a range's `before` and `as_of` those that it includes; its limit is a page's.
    pub(super) fn new(store: &'a dyn SnapshotStore, log: &'a LogName, range: LogRange) -> Self {
        Self { store, log, range, oldest: None, ended: false }
    }

    /// The next page, newest first; empty behind the first entry of the log.
    ///
    /// # Errors
    /// What the store answers; also pages that do not continue each other.
    pub(super) async fn next_page(&mut self) -> Result<Vec<LogEntry>, StoreError> {
        if self.ended {
            return Ok(Vec::new());
        }
        let page = self.store.read(self.log, self.range).await?;
        if let Some(newer) = &self.oldest {
            newer.check_place(page.first()).map_err(|error| StoreError::Corrupt {
                store: self.store.location().to_owned(),
                what: self.log.to_string(),
                reason: error.to_string(),
            })?;
        }
        match page.last() {
            Some(oldest) if oldest.sequence > 1 => self.range = self.range.before(oldest.sequence),
            _ => self.ended = true,
        }
        self.oldest = page.last().cloned();
        Ok(page)
    }
}

/// Every snapshot that the logs of a store name, kept up to date by reading only what is new.
#[derive(Default)]
pub(super) struct Names {
    ends: BTreeMap<LogName, EntryHash>,
    hashes: HashSet<SnapshotHash>,
}

impl Names {
    /// Whether an entry names this snapshot.
    pub(super) fn contains(&self, hash: &SnapshotHash) -> bool {
        self.hashes.contains(hash)
    }

    /// Reads what was appended since the last time; everything, the first time.
    ///
    /// # Errors
    /// What the store answers, also of one log alone: names that cannot be read are not known to be none.
    pub(super) async fn update(&mut self, store: &dyn SnapshotStore) -> Result<(), StoreError> {
        let logs = store.logs("").await?;
        for logs in logs.chunks(LOGS_PER_CALL) {
            let lasts = store.last_entries(logs).await?;
            let mut changed = Vec::new();
            for (log, last) in logs.iter().zip(lasts) {
                let Some(last) = last else { continue };
                let known = self.ends.insert(log.clone(), last.hash);
                if known != Some(last.hash) {
                    changed.push((log, known));
                }
            }
            let reads = changed.into_iter().map(|(log, known)| read_names(store, log, known));
            let mut reads = stream::iter(reads).buffer_unordered(LOGS_AT_ONCE);
            while let Some(hashes) = reads.next().await {
                self.hashes.extend(hashes?);
            }
        }
        Ok(())
    }
}

/// The snapshots that the entries of a log name behind one that is known.
async fn read_names(
    store: &dyn SnapshotStore,
    log: &LogName,
    known: Option<EntryHash>,
) -> Result<HashSet<SnapshotHash>, StoreError> {
    let mut hashes = HashSet::new();
    let mut walk = Walk::new(store, log, LogRange::last(PAGE_ENTRIES));
    loop {
        let page = walk.next_page().await?;
        for entry in &page {
            if Some(entry.hash) == known {
                return Ok(hashes);
            }
            hashes.extend(entry.snapshot);
            each_hash(&entry.details, &mut |hash| {
                hashes.insert(hash);
            });
        }
        if page.is_empty() {
            return Ok(hashes);
        }
    }
}

/// Everything in an entry's details that has the form of a hash: what an event says there, only that event knows.
pub(super) fn each_hash(details: &Value, found: &mut impl FnMut(SnapshotHash)) {
    match details {
        Value::String(text) => {
            if let Ok(hash) = text.parse() {
                found(hash);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| each_hash(item, found)),
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            if let Ok(hash) = name.parse() {
                found(hash);
            }
            each_hash(member, found);
        }),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn hashes_are_found_wherever_details_have_them() {
        let hash = SnapshotHash::of(b"abc");
        let text = hash.to_string();
        for (details, expected) in [
            (json!({ "before": text, "outcome": "applied" }), 1),
            (json!({ "waves": [{ "hashes": { text.clone(): 3 } }, text] }), 2),
            (json!({ "before": &text[..12], "count": 7 }), 0),
            (Value::Null, 0),
        ] {
            let mut found = Vec::new();
            each_hash(&details, &mut |hash| found.push(hash));
            assert_eq!(found, vec![hash; expected], "{details}");
        }
    }
}
