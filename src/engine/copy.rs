//! Copying a store to another: every snapshot, and every log with its entries as they are, so that the copy has the same
//! hashes and the same chains. What the other has already is not copied again, so a copy that was stopped goes on where
//! it stopped; what was copied is read back. Damage and logs that have grown apart are told, and hinder nothing else.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::{StreamExt, stream};
use schema_sync_store::{LogEntry, LogName, LogRange, SchemaSnapshot, SnapshotHash, SnapshotStore, StoreError};

use super::check::OBJECTS_PER_CALL;
use super::walk::{LOGS_AT_ONCE, LOGS_PER_CALL, PAGE_ENTRIES};

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
    present: Mutex<BTreeSet<SnapshotHash>>,
    report: Mutex<CopyReport>,
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
    let present = Mutex::new(list(to).await?.into_iter().collect());
    let copy = Copy { from, to, present, report: Mutex::default() };
    let hashes = list(from).await?;
    let logs = from.logs("").await?;
    let steps = hashes.len() + logs.len();
    let mut done = 0;
    for hashes in hashes.chunks(SNAPSHOTS_AT_ONCE) {
        copy.snapshots(hashes).await?;
        done += hashes.len();
        on_step(done, steps);
    }
    for logs in logs.chunks(LOGS_PER_CALL) {
        let (ends, lasts) = (from.last_entries(logs).await, to.last_entries(logs).await?);
        // One entry that cannot be read must not hide the others: then each is asked for alone.
        let ends = ends.unwrap_or_else(|_| vec![None; logs.len()]);
        let pairs = logs.iter().zip(ends.into_iter().zip(lasts));
        let copies = pairs.map(|(log, (end, last))| copy.log(log, end, last));
        let mut copies = stream::iter(copies).buffer_unordered(LOGS_AT_ONCE);
        while let Some(copied) = copies.next().await {
            copied?;
            done += 1;
            on_step(done, steps);
        }
    }
    let Copy { present, report, .. } = copy;
    let mut report = report.into_inner().unwrap_or_else(PoisonError::into_inner);
    let present = present.into_inner().unwrap_or_else(PoisonError::into_inner);
    report.snapshots = hashes.iter().filter(|hash| present.contains(hash)).count();
    report.ahead.sort();
    report.failures.sort_by_key(ToString::to_string);
    Ok(report)
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
    fn present(&self) -> MutexGuard<'_, BTreeSet<SnapshotHash>> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn report(&self) -> MutexGuard<'_, CopyReport> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fail(&self, hash: &SnapshotHash, error: StoreError) {
        self.report().failures.push(CopyFailure::Store { what: format!("snapshot {}", hash.short()), error });
    }

    async fn snapshots(&self, hashes: &[SnapshotHash]) -> Result<(), StoreError> {
        let mut snapshots: Vec<SchemaSnapshot> = Vec::new();
        let missing: Vec<&SnapshotHash> = {
            let present = self.present();
            hashes.iter().filter(|hash| !present.contains(hash)).collect()
        };
        for hash in missing {
            match self.from.get(hash).await {
                Ok(snapshot) => snapshots.push(snapshot),
                Err(error) => self.fail(hash, error),
            }
        }
        if snapshots.is_empty() {
            return Ok(());
        }
        let copied = self.to.put_all(&snapshots).await?;
        for hash in copied {
            match self.to.get(&hash).await {
                Ok(_) if self.present().insert(hash) => self.report().snapshots_copied += 1,
                Ok(_) => {}
                Err(error) => self.fail(&hash, error),
            }
        }
        Ok(())
    }

    /// Copies a log, of which the last entries here and there are known where they could be read together.
    async fn log(&self, log: &LogName, end: Option<LogEntry>, last: Option<LogEntry>) -> Result<(), StoreError> {
        if end.is_some() && end == last {
            self.report().logs += 1;
            return Ok(());
        }
        match self.entries(log, last).await {
            Ok(()) => Ok(()),
            Err(CopyFailure::Store { error, .. }) if ends_all(&error) => Err(error),
            Err(failure) => {
                self.report().failures.push(failure);
                Ok(())
            }
        }
    }

    /// Copies the entries of a log that the other store lacks, oldest first.
    async fn entries(&self, log: &LogName, mut last: Option<LogEntry>) -> Result<(), CopyFailure> {
        let failed = |error: StoreError| CopyFailure::Store { what: log.to_string(), error };
        let grown_apart = |sequence: u64| {
            let (from, to) = (self.from.location().to_owned(), self.to.location().to_owned());
            CopyFailure::GrownApart { log: log.clone(), sequence, from, to }
        };
        let Some(end) = self.from.last_entry(log).await.map_err(failed)? else { return Ok(()) };
        let common = last.as_ref().map_or(0, |last| last.sequence.min(end.sequence));
        if common > 0
            && entry_at(self.from, log, common).await.map_err(failed)?
                != entry_at(self.to, log, common).await.map_err(failed)?
        {
            return Err(grown_apart(common));
        }
        if last.as_ref().is_some_and(|last| last.sequence > end.sequence) {
            self.report().ahead.push(log.clone());
        }
        while last.as_ref().map_or(0, |last| last.sequence) < end.sequence {
            let done = last.as_ref().map_or(0, |last| last.sequence);
            let page = self.page_behind(log, done, end.sequence).await.map_err(failed)?;
            let Some(newest) = page.last().cloned() else { return Err(grown_apart(done + 1)) };
            self.to.import(log, &page).await.map_err(failed)?;
            self.report().entries_copied += newest.sequence - done;
            last = Some(newest);
        }
        let copied = entry_at(self.to, log, end.sequence).await.map_err(failed)?;
        if copied.as_ref() != Some(&end) {
            return Err(grown_apart(end.sequence));
        }
        self.report().logs += 1;
        Ok(())
    }

    /// The entries behind one, oldest first so that what is imported is a chain all along, with what they name.
    async fn page_behind(&self, log: &LogName, done: u64, end: u64) -> Result<Vec<LogEntry>, StoreError> {
        let limit = usize::try_from(end - done).unwrap_or(PAGE_ENTRIES).min(PAGE_ENTRIES);
        let before = done.saturating_add(u64::try_from(limit).unwrap_or(1)).saturating_add(1);
        let mut page = self.from.read(log, LogRange::last(limit).before(before)).await?;
        page.reverse();
        // Entries that were appended while this runs may name what was not there when it began.
        let named: BTreeSet<SnapshotHash> = page.iter().filter_map(|entry| entry.snapshot).collect();
        self.snapshots(&named.into_iter().collect::<Vec<_>>()).await?;
        Ok(page)
    }
}

async fn entry_at(store: &dyn SnapshotStore, log: &LogName, sequence: u64) -> Result<Option<LogEntry>, StoreError> {
    let page = store.read(log, LogRange::last(1).before(sequence.saturating_add(1))).await?;
    Ok(page.into_iter().next())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use schema_sync_store::{Event, MemoryStore, NewEntry, Object, ObjectId, OpenMode, SqliteStore};

    use super::super::check::check_store;
    use super::*;

    fn snapshot(number: usize) -> SchemaSnapshot {
        let table = Object::new(ObjectId::new("table", [format!("t{number}")]));
        SchemaSnapshot::new("test", BTreeSet::new(), vec![table]).unwrap()
    }

    async fn append(store: &dyn SnapshotStore, log: &LogName, numbers: std::ops::Range<usize>) {
        for number in numbers {
            let hash = store.put(&snapshot(number)).await.unwrap();
            let last = store.last_entry(log).await.unwrap().map(|entry| entry.hash);
            let entry = NewEntry::new(Event::CAPTURED, "tester").snapshot(hash);
            store.append(log, last.as_ref(), entry).await.unwrap();
        }
    }

    /// Everything in a store.
    async fn contents(store: &dyn SnapshotStore) -> (Vec<SnapshotHash>, Vec<LogEntry>) {
        let mut entries = Vec::new();
        for log in store.logs("").await.unwrap() {
            entries.extend(store.read(&log, LogRange::last(10_000)).await.unwrap());
        }
        (list(store).await.unwrap(), entries)
    }

    #[tokio::test]
    async fn there_and_back_again_is_the_same_through_every_backend() {
        let folder = tempfile::tempdir().unwrap();
        let from = MemoryStore::new();
        let long: LogName = "tenants/long".parse().unwrap();
        append(&from, &long, 0..PAGE_ENTRIES + 7).await;
        append(&from, &"refs/blessed".parse().unwrap(), 3..5).await;
        from.put(&snapshot(9_999)).await.unwrap();
        let file = SqliteStore::open(&folder.path().join("store.db"), OpenMode::Create).await.unwrap();
        let report = copy_store(&from, &file, &|_, _| ()).await.unwrap();
        let counts = (report.snapshots, report.snapshots_copied, report.logs, report.entries_copied);
        assert_eq!(counts, (PAGE_ENTRIES + 8, PAGE_ENTRIES + 8, 2, PAGE_ENTRIES as u64 + 9));
        assert_eq!((report.failures.len(), report.ahead.len()), (0, 0));
        let back = MemoryStore::new();
        copy_store(&file, &back, &|_, _| ()).await.unwrap();
        assert_eq!(contents(&back).await, contents(&from).await);
        for store in [&back as &dyn SnapshotStore, &file] {
            let checked = check_store(store, true, &|_, _| ()).await.unwrap();
            assert_eq!((checked.damages.as_slice(), checked.unnamed, checked.snapshots_read), (&[][..], 1, 508));
        }

        // What is appended here and there: only the log that has grown apart is left.
        append(&from, &long, 0..3).await;
        append(&back, &"refs/blessed".parse().unwrap(), 0..1).await;
        let report = copy_store(&from, &back, &|_, _| ()).await.unwrap();
        assert_eq!((report.entries_copied, report.ahead.len(), report.failures.len()), (3, 1, 0));
        append(&from, &"refs/blessed".parse().unwrap(), 1..2).await;
        let report = copy_store(&from, &back, &|_, _| ()).await.unwrap();
        assert!(matches!(report.failures.as_slice(), [CopyFailure::GrownApart { sequence: 3, .. }]), "{report:?}");
    }

    #[tokio::test]
    async fn a_copy_that_was_dropped_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let (from, path) = (MemoryStore::new(), folder.path().join("store.db"));
        for tenant in 0..20 {
            append(&from, &LogName::tenant(&format!("t{tenant}")).unwrap(), 0..30).await;
        }
        for after_ms in [1, 3, 9, 20, 40] {
            let to = SqliteStore::open(&path, OpenMode::Create).await.unwrap();
            let copy = copy_store(&from, &to, &|_, _| ());
            drop(tokio::time::timeout(std::time::Duration::from_millis(after_ms), copy).await);
            let checked = check_store(&to, true, &|_, _| ()).await.unwrap();
            assert_eq!(checked.damages, [], "after {after_ms} ms");
        }
        let to = SqliteStore::open(&path, OpenMode::Create).await.unwrap();
        assert_eq!(copy_store(&from, &to, &|_, _| ()).await.unwrap().failures, []);
        assert_eq!(contents(&to).await, contents(&from).await);
    }
}
