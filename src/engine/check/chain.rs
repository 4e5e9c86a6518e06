//! Checking one log from its newest entry to its oldest. Where a page cannot be read, smaller ones are tried, down to
//! the very entry that is damaged; then the check goes on before it.

use std::collections::BTreeMap;

use schema_sync_store::{EntryHash, LogEntry, LogName, LogRange, SnapshotHash, SnapshotStore, StoreError};

use super::super::walk::{PAGE_ENTRIES, each_hash};
use super::{Damage, Damaged, is_outage, reason};

/// Neighbours that are tried where an entry cannot be read, to tell damage from the end of a log.
const NEIGHBOURS: u64 = 4;

/// What the check of a log found, and where it stands.
pub(super) struct LogCheck<'a> {
    store: &'a dyn SnapshotStore,
    log: &'a LogName,
    /// Entries before this one are still to be checked; none at the end of the log.
    before: Option<u64>,
    /// The entry right behind that place; none at the end of the log, and behind damage.
    newer: Option<LogEntry>,
    /// Entries that were read.
    pub(super) entries: u64,
    /// The snapshots that they name, and whether an entry is about it, not only its details.
    pub(super) names: BTreeMap<SnapshotHash, bool>,
    pub(super) damages: Vec<Damage>,
}

/// Checks one log.
pub(super) async fn check_log<'a>(store: &'a dyn SnapshotStore, log: &'a LogName) -> Result<LogCheck<'a>, StoreError> {
    let (names, damages) = (BTreeMap::new(), Vec::new());
    let mut check = LogCheck { store, log, before: None, newer: None, entries: 0, names, damages };
    let mut page_entries = PAGE_ENTRIES;
    while check.before != Some(1) {
        let range = LogRange { limit: page_entries, before: check.before, as_of: None };
        match store.read(log, range).await {
            Ok(page) if page.is_empty() => {
                check.check_beginning();
                break;
            }
            Ok(page) => {
                for entry in page {
                    check.check_entry(entry);
                }
                page_entries = (page_entries * 2).min(PAGE_ENTRIES);
            }
            Err(error) if is_outage(&error) => return Err(error),
            Err(_) if page_entries > 1 => page_entries /= 2,
            Err(error) => check.skip_entry(error).await?,
        }
    }
    Ok(check)
}

impl LogCheck<'_> {
    fn damage(&mut self, what: Damaged, reason: impl Into<String>) {
        self.damages.push(Damage { what, reason: reason.into(), touches: vec![self.log.clone()] });
    }

    fn check_entry(&mut self, entry: LogEntry) {
        self.entries += 1;
        let found = EntryHash::of(&entry.to_bytes());
        if found != entry.hash {
            let what = Damaged::Entry(self.log.clone(), entry.sequence);
            self.damage(what, format!("its hash is {found}, not {}", entry.hash));
        }
        let misplaced = match (&self.newer, self.before) {
            (Some(newer), _) => newer.check_place(Some(&entry)).err().map(|error| (newer.sequence, error.to_string())),
            (None, Some(before)) if entry.sequence + 1 != before => {
                Some((entry.sequence + 1, "it is missing".to_owned()))
            }
            _ => None,
        };
        if let Some((sequence, reason)) = misplaced {
            self.damage(Damaged::Entry(self.log.clone(), sequence), reason);
        }
        if let Some(hash) = entry.snapshot {
            self.names.insert(hash, true);
        }
        each_hash(&entry.details, &mut |hash| {
            self.names.entry(hash).or_default();
        });
        self.before = Some(entry.sequence);
        self.newer = Some(entry);
    }

    /// The log has no entry before this place; its first one must be the first of the chain.
    fn check_beginning(&mut self) {
        if let Some(before) = self.before {
            let what = Damaged::Entry(self.log.clone(), before - 1);
            self.damage(what, "it is missing, and what was before it");
        }
    }

    /// Notes that the entry before this place cannot be read, and goes before it.
    async fn skip_entry(&mut self, error: StoreError) -> Result<(), StoreError> {
        let newest = match self.before {
            Some(before) => before.saturating_sub(2),
            None => self.newest_readable().await?,
        };
        let what = match self.before {
            Some(_) => Damaged::Entry(self.log.clone(), newest + 1),
            None => Damaged::EntriesFrom(self.log.clone(), newest + 1),
        };
        self.damage(what, reason(error));
        self.before = Some(newest + 1);
        self.newer = None;
        Ok(())
    }

    /// The number of the newest entry that can be read, where the last one cannot; 0 where none can. How long a log is
    /// stands in its last entry alone, so this is found by doubling and halving.
    async fn newest_readable(&self) -> Result<u64, StoreError> {
        let (mut known, mut step) = (0, 1);
        while step > 0 {
            match self.readable_near(known + step).await? {
                Some(found) if found > known => {
                    known = found;
                    step *= 2;
                }
                _ => step /= 2,
            }
        }
        Ok(known)
    }

    /// The first entry from this one on that can be read, of a few.
    async fn readable_near(&self, sequence: u64) -> Result<Option<u64>, StoreError> {
        for sequence in sequence..sequence.saturating_add(NEIGHBOURS) {
            match self.store.read(self.log, LogRange::last(1).before(sequence + 1)).await {
                Ok(page) => return Ok(page.first().map(|entry| entry.sequence)),
                Err(error) if is_outage(&error) => return Err(error),
                Err(_) => {}
            }
        }
        Ok(None)
    }
}
