//! Checking one log from its newest entry to its oldest. Where a page cannot be read, smaller ones are tried, down to
//! the very entry that is damaged; then the check goes on before it.

use schema_sync_store::{EntryHash, LogEntry, LogName, LogRange, StoreError};

use super::super::walk::{PAGE_ENTRIES, each_hash};
use super::{Check, Damaged, is_outage, reason};

/// Neighbours that are tried where an entry cannot be read, to tell damage from the end of a log.
const NEIGHBOURS: u64 = 4;

/// Where the check of a log stands.
struct Place {
    index: usize,
    log: LogName,
    /// Entries before this one are still to be checked; none at the end of the log.
    before: Option<u64>,
    /// The entry right behind that place; none at the end of the log, and behind damage.
    newer: Option<LogEntry>,
}

impl Check<'_> {
    pub(super) async fn check_log(&mut self, index: usize) -> Result<(), StoreError> {
        let mut place = Place { index, log: self.logs[index].clone(), before: None, newer: None };
        let mut page_entries = PAGE_ENTRIES;
        while place.before != Some(1) {
            let range = LogRange { limit: page_entries, before: place.before, as_of: None };
            match self.store.read(&place.log, range).await {
                Ok(page) if page.is_empty() => {
                    self.check_beginning(&place);
                    return Ok(());
                }
                Ok(page) => {
                    for entry in page {
                        self.check_entry(&mut place, entry);
                    }
                    page_entries = (page_entries * 2).min(PAGE_ENTRIES);
                }
                Err(error) if is_outage(&error) => return Err(error),
                Err(_) if page_entries > 1 => page_entries /= 2,
                Err(error) => self.skip_entry(&mut place, error).await?,
            }
        }
        Ok(())
    }

    fn check_entry(&mut self, place: &mut Place, entry: LogEntry) {
        self.report.entries += 1;
        let found = EntryHash::of(&entry.to_bytes());
        if found != entry.hash {
            let what = Damaged::Entry(place.log.clone(), entry.sequence);
            self.damage(what, format!("its hash is {found}, not {}", entry.hash), vec![place.log.clone()]);
        }
        let misplaced = match (&place.newer, place.before) {
            (Some(newer), _) => newer.check_place(Some(&entry)).err().map(|error| (newer.sequence, error.to_string())),
            (None, Some(before)) if entry.sequence + 1 != before => {
                Some((entry.sequence + 1, "it is missing".to_owned()))
            }
            _ => None,
        };
        if let Some((sequence, reason)) = misplaced {
            self.damage(Damaged::Entry(place.log.clone(), sequence), reason, vec![place.log.clone()]);
        }
        if let Some(hash) = entry.snapshot {
            self.name(hash, place.index, true);
        }
        each_hash(&entry.details, &mut |hash| self.name(hash, place.index, false));
        place.before = Some(entry.sequence);
        place.newer = Some(entry);
    }

    fn name(&mut self, hash: schema_sync_store::SnapshotHash, index: usize, by_entry: bool) {
        let named = self.names.entry(hash).or_default();
        named.by_entry |= by_entry;
        if named.logs.last() != Some(&index) {
            named.logs.push(index);
        }
    }

    /// The log has no entry before this place; its first one must be the first of the chain.
    fn check_beginning(&mut self, place: &Place) {
        if let Some(before) = place.before {
            let what = Damaged::Entry(place.log.clone(), before - 1);
            self.damage(what, "it is missing, and what was before it", vec![place.log.clone()]);
        }
    }

    /// Notes that the entry before this place cannot be read, and goes before it.
    async fn skip_entry(&mut self, place: &mut Place, error: StoreError) -> Result<(), StoreError> {
        let touches = vec![place.log.clone()];
        let newest = match place.before {
            Some(before) => before.saturating_sub(2),
            None => self.newest_readable(&place.log).await?,
        };
        let what = match place.before {
            Some(_) => Damaged::Entry(place.log.clone(), newest + 1),
            None => Damaged::EntriesFrom(place.log.clone(), newest + 1),
        };
        self.damage(what, reason(error), touches);
        place.before = Some(newest + 1);
        place.newer = None;
        Ok(())
    }

    /// The number of the newest entry that can be read, where the last one cannot; 0 where none can. How long a log is
    /// stands in its last entry alone, so this is found by doubling and halving.
    async fn newest_readable(&self, log: &LogName) -> Result<u64, StoreError> {
        let (mut known, mut step) = (0, 1);
        while step > 0 {
            match self.readable_near(log, known + step).await? {
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
    async fn readable_near(&self, log: &LogName, sequence: u64) -> Result<Option<u64>, StoreError> {
        for sequence in sequence..sequence.saturating_add(NEIGHBOURS) {
            match self.store.read(log, LogRange::last(1).before(sequence + 1)).await {
                Ok(page) => return Ok(page.first().map(|entry| entry.sequence)),
                Err(error) if is_outage(&error) => return Err(error),
                Err(_) => {}
            }
        }
        Ok(None)
    }
}
