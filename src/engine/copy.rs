//! Copying a store to another: every snapshot, and every log with its entries as they are, so that the copy has the same
//! hashes and the same chains. What the other has already is not copied again, so a copy that was stopped goes on where
//! it stopped; what was copied is read back. Damage and logs that have grown apart are told, and hinder nothing else.

use std::collections::BTreeSet;

use schema_sync_store::{LogEntry, LogName, LogRange, SchemaSnapshot, SnapshotHash, SnapshotStore, StoreError};

use super::check::OBJECTS_PER_CALL;
use super::walk::PAGE_ENTRIES;

/// Snapshots that are copied at once.
const SNAPSHOTS_AT_ONCE: usize = 64;

/// What a copy could not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CopyFailure {
    /// A snapshot or a log cannot be read, or not be written.
    #[error("{what}: {error}")]
    Store {
        /// The snapshot or the log.
        what: String,
        /// Why not.
        #[source]
        error: StoreError,
    },
    /// The two stores have different histories under one name.
    #[error(
        "{log} is another history in {to}: its entry {sequence} is not that of {from}; neither store was changed there"
    )]
    GrownApart {
        /// The log.
        log: LogName,
        /// The place of the last entry that both should have.
        sequence: u64,
        /// The store that was copied.
        from: String,
        /// The store that it was copied to.
        to: String,
    },
}

/// What a copy did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CopyReport {
    /// Snapshots that are in both stores now.
    pub snapshots: usize,
    /// How many of them were copied just now.
    pub snapshots_copied: usize,
    /// Logs that are in both stores now, with all entries.
    pub logs: usize,
    /// Entries that were copied just now.
    pub entries_copied: u64,
    /// Logs to which the other store has appended already.
    pub ahead: Vec<LogName>,
    /// Everything that could not be copied.
    pub failures: Vec<CopyFailure>,
}

/// A copy while it runs.
struct Copy<'a> {
    from: &'a dyn SnapshotStore,
    to: &'a dyn SnapshotStore,
    /// The snapshots that the other store has.
    present: BTreeSet<SnapshotHash>,
    report: CopyReport,
}

/// Copies everything in `from` that `to` lacks; `on_step` hears how many snapshots and logs are done, and of how many.
///
/// # Errors
/// Stores that cannot be listed, and a store that takes nothing. All else is in the report.
pub async fn copy_store(
    from: &dyn SnapshotStore,
    to: &dyn SnapshotStore,
    on_step: &(dyn Fn(usize, usize) + Sync),
) -> Result<CopyReport, StoreError> {
    let present = list(to).await?.into_iter().collect();
    let mut copy = Copy { from, to, present, report: CopyReport::default() };
    let hashes = list(from).await?;
    let logs = from.logs("").await?;
    let steps = hashes.len() + logs.len();
    let mut done = 0;
    for hashes in hashes.chunks(SNAPSHOTS_AT_ONCE) {
        copy.snapshots(hashes).await?;
        done += hashes.len();
        on_step(done, steps);
    }
    for log in &logs {
        copy.log(log).await?;
        done += 1;
        on_step(done, steps);
    }
    copy.report.snapshots = hashes.iter().filter(|hash| copy.present.contains(hash)).count();
    Ok(copy.report)
}

async fn list(store: &dyn SnapshotStore) -> Result<Vec<SnapshotHash>, StoreError> {
    let mut hashes: Vec<SnapshotHash> = Vec::new();
    loop {
        let page = store.objects(hashes.last(), OBJECTS_PER_CALL).await?;
        if page.is_empty() {
            return Ok(hashes);
        }
        hashes.extend(page.iter().map(|object| object.hash));
    }
}

/// Whether the other store as a whole takes nothing, so that going on is of no use.
fn ends_all(error: &StoreError) -> bool {
    matches!(error, StoreError::ReadOnly { .. } | StoreError::Full { .. } | StoreError::Busy { .. })
}

impl Copy<'_> {
    fn fail(&mut self, what: impl ToString, error: StoreError) {
        self.report.failures.push(CopyFailure::Store { what: what.to_string(), error });
    }

    async fn snapshots(&mut self, hashes: &[SnapshotHash]) -> Result<(), StoreError> {
        let mut snapshots: Vec<SchemaSnapshot> = Vec::new();
        for hash in hashes {
            if self.present.contains(hash) {
                continue;
            }
            match self.from.get(hash).await {
                Ok(snapshot) => snapshots.push(snapshot),
                Err(error) => self.fail(format!("snapshot {}", hash.short()), error),
            }
        }
        if snapshots.is_empty() {
            return Ok(());
        }
        let copied = self.to.put_all(&snapshots).await?;
        for hash in copied {
            match self.to.get(&hash).await {
                Ok(_) => {
                    self.present.insert(hash);
                    self.report.snapshots_copied += 1;
                }
                Err(error) => self.fail(format!("snapshot {}", hash.short()), error),
            }
        }
        Ok(())
    }

    async fn log(&mut self, log: &LogName) -> Result<(), StoreError> {
        match self.entries(log).await {
            Ok(()) => Ok(()),
            Err(CopyFailure::Store { error, .. }) if ends_all(&error) => Err(error),
            Err(failure) => {
                self.report.failures.push(failure);
                Ok(())
            }
        }
    }

    /// Copies the entries of a log that the other store lacks, oldest first.
    async fn entries(&mut self, log: &LogName) -> Result<(), CopyFailure> {
        let failed = |error: StoreError| CopyFailure::Store { what: log.to_string(), error };
        let grown_apart = |sequence: u64, copy: &Self| {
            let (from, to) = (copy.from.location().to_owned(), copy.to.location().to_owned());
            CopyFailure::GrownApart { log: log.clone(), sequence, from, to }
        };
        let Some(end) = self.from.last_entry(log).await.map_err(failed)? else { return Ok(()) };
        let mut last = self.to.last_entry(log).await.map_err(failed)?;
        let common = last.as_ref().map_or(0, |last| last.sequence.min(end.sequence));
        if common > 0
            && entry_at(self.from, log, common).await.map_err(failed)?
                != entry_at(self.to, log, common).await.map_err(failed)?
        {
            return Err(grown_apart(common, self));
        }
        if last.as_ref().is_some_and(|last| last.sequence > end.sequence) {
            self.report.ahead.push(log.clone());
        }
        while last.as_ref().map_or(0, |last| last.sequence) < end.sequence {
            let done = last.as_ref().map_or(0, |last| last.sequence);
            // Read from the oldest on, so that what is imported is a chain all along.
            let through = (done + PAGE_ENTRIES as u64).min(end.sequence);
            let limit = usize::try_from(through - done).unwrap_or(PAGE_ENTRIES);
            let mut page = self.from.read(log, LogRange::last(limit).before(through + 1)).await.map_err(failed)?;
            page.reverse();
            if page.last().map(|entry| entry.sequence) != Some(through) {
                return Err(grown_apart(through, self));
            }
            // Entries that were appended while this runs may name what was not there when it began.
            let named: BTreeSet<SnapshotHash> = page.iter().filter_map(|entry| entry.snapshot).collect();
            self.snapshots(&named.into_iter().collect::<Vec<_>>()).await.map_err(failed)?;
            self.to.import(log, &page).await.map_err(failed)?;
            self.report.entries_copied += through - done;
            last = page.pop();
        }
        let copied = entry_at(self.to, log, end.sequence).await.map_err(failed)?;
        if copied.as_ref() != Some(&end) {
            return Err(grown_apart(end.sequence, self));
        }
        self.report.logs += 1;
        Ok(())
    }
}

async fn entry_at(store: &dyn SnapshotStore, log: &LogName, sequence: u64) -> Result<Option<LogEntry>, StoreError> {
    let page = store.read(log, LogRange::last(1).before(sequence.saturating_add(1))).await?;
    Ok(page.into_iter().next())
}
