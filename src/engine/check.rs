//! Checking a store: every chain, every name, and on request every byte. Goes on behind damage, so that one damaged
//! entry or snapshot hides no other, and says which logs each damage touches. Changes nothing.
//!
//! A chain proves that nothing in it was changed. That entries were cut off its end is seen only by whoever has a later
//! entry's hash: a copy of the store, or a bundle.

mod chain;
mod listing;

use std::collections::BTreeMap;
use std::fmt;

use futures_util::{StreamExt, stream};
use schema_sync_store::{LogName, SnapshotHash, SnapshotStore, StoreError, StoredObject};

use super::walk::LOGS_AT_ONCE;
use chain::check_log;

/// Snapshots that are read at once.
const READS_AT_ONCE: usize = 8;
/// Snapshots that are listed at once.
pub(super) const OBJECTS_PER_CALL: usize = 1_000;

/// What of a store is damaged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Damaged {
    /// The list of logs, of those whose names begin so.
    LogList(String),
    /// One entry of a log.
    Entry(LogName, u64),
    /// All entries of a log from this one on.
    EntriesFrom(LogName, u64),
    /// The list of snapshots.
    SnapshotList,
    /// A snapshot.
    Snapshot(SnapshotHash),
    /// A file of a bundle.
    File(String),
}

impl fmt::Display for Damaged {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LogList(prefix) if prefix.is_empty() => formatter.write_str("the list of logs"),
            Self::LogList(prefix) => write!(formatter, "the list of logs that begin with {prefix}"),
            Self::Entry(log, sequence) => write!(formatter, "entry {sequence} of {log}"),
            Self::EntriesFrom(log, sequence) => write!(formatter, "the entries of {log} from {sequence} on"),
            Self::SnapshotList => formatter.write_str("the list of snapshots"),
            Self::Snapshot(hash) => write!(formatter, "snapshot {hash}"),
            Self::File(path) => write!(formatter, "file {path}"),
        }
    }
}

/// One damage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// What is damaged.
    pub what: Damaged,
    /// How that was seen.
    pub reason: String,
    /// The logs that are damaged themselves, or have an entry that names what is; sorted.
    pub touches: Vec<LogName>,
}

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// Logs that were read.
    pub logs: usize,
    /// Entries that were read.
    pub entries: u64,
    /// Snapshots that are there.
    pub snapshots: usize,
    /// Snapshots that no entry names.
    pub unnamed: usize,
    /// Bytes that the snapshots take in the store.
    pub bytes: u64,
    /// Snapshots that were read whole.
    pub snapshots_read: usize,
    /// Everything that is not as it was written; empty where all is well.
    pub damages: Vec<Damage>,
}

/// Who names a snapshot: indexes of logs, and whether one of their entries is about it, not only its details.
#[derive(Default)]
struct Named {
    logs: Vec<usize>,
    by_entry: bool,
}

type Names = BTreeMap<SnapshotHash, Named>;

/// A check while it runs.
struct Check<'a> {
    store: &'a dyn SnapshotStore,
    logs: Vec<LogName>,
    names: Names,
    report: CheckReport,
}

/// Checks a store. With `read_data` every snapshot is read and hashed, else only that the named ones are there;
/// `on_step` hears how many logs or snapshots were done, and of how many.
///
/// # Errors
/// A store that cannot be listed at all because it does not answer. Damage is no error: it is in the report.
pub async fn check_store(
    store: &dyn SnapshotStore,
    read_data: bool,
    on_step: &(dyn Fn(usize, usize) + Sync),
) -> Result<CheckReport, StoreError> {
    let mut check = Check { store, logs: Vec::new(), names: Names::new(), report: CheckReport::default() };
    check.list_logs().await?;
    check.check_logs(on_step).await?;
    let listed = check.list_objects().await?;
    check.check_objects(listed.as_deref(), read_data, on_step).await?;
    check.report.damages.sort_by(|left, right| left.what.cmp(&right.what));
    Ok(check.report)
}

/// Whether an answer says that the store does not work just now, and nothing of what it holds.
fn is_outage(error: &StoreError) -> bool {
    matches!(error, StoreError::Busy { .. } | StoreError::Missing { .. } | StoreError::NotAStore { .. })
}

impl Check<'_> {
    async fn check_logs(&mut self, on_step: &(dyn Fn(usize, usize) + Sync)) -> Result<(), StoreError> {
        let (store, logs) = (self.store, std::mem::take(&mut self.logs));
        let mut checks = stream::iter(logs.iter().map(|log| check_log(store, log))).buffered(LOGS_AT_ONCE);
        while let Some(checked) = checks.next().await {
            let checked = checked?;
            let index = self.report.logs;
            self.report.logs += 1;
            self.report.entries += checked.entries;
            self.report.damages.extend(checked.damages);
            for (hash, by_entry) in checked.names {
                let named = self.names.entry(hash).or_default();
                named.by_entry |= by_entry;
                named.logs.push(index);
            }
            on_step(self.report.logs, logs.len());
        }
        drop(checks);
        self.logs = logs;
        Ok(())
    }

    fn damage(&mut self, what: Damaged, reason: impl ToString, touches: Vec<LogName>) {
        self.report.damages.push(Damage { what, reason: reason.to_string(), touches });
    }

    /// The snapshots that are there; none where they cannot be listed.
    async fn list_objects(&mut self) -> Result<Option<Vec<StoredObject>>, StoreError> {
        let mut objects: Vec<StoredObject> = Vec::new();
        loop {
            match self.store.objects(objects.last().map(|object| &object.hash), OBJECTS_PER_CALL).await {
                Ok(page) if page.is_empty() => return Ok(Some(objects)),
                Ok(page) => objects.extend(page),
                Err(error) if is_outage(&error) => return Err(error),
                Err(error) => {
                    self.damage(Damaged::SnapshotList, reason(error), Vec::new());
                    return Ok(None);
                }
            }
        }
    }

    async fn check_objects(
        &mut self,
        listed: Option<&[StoredObject]>,
        read_data: bool,
        on_step: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<(), StoreError> {
        let is_listed = |hash: &SnapshotHash| {
            listed.is_some_and(|listed| listed.binary_search_by(|object| object.hash.cmp(hash)).is_ok())
        };
        let mut to_read: Vec<SnapshotHash> = Vec::new();
        match listed {
            Some(listed) => {
                self.report.snapshots = listed.len();
                self.report.bytes = listed.iter().map(|object| object.bytes).sum();
                self.report.unnamed = listed.iter().filter(|object| !self.names.contains_key(&object.hash)).count();
                to_read.extend(listed.iter().map(|object| object.hash).filter(|_| read_data));
            }
            // What cannot be listed is asked for one by one.
            None => to_read.extend(self.names.iter().filter(|(_, named)| named.by_entry).map(|(hash, _)| *hash)),
        }
        let missing = self.names.iter().filter(|(hash, named)| named.by_entry && listed.is_some() && !is_listed(hash));
        for hash in missing.map(|(hash, _)| *hash).collect::<Vec<_>>() {
            self.damage(Damaged::Snapshot(hash), "it is missing", self.logs_naming(&hash));
        }
        let store = self.store;
        let reads = to_read.iter().map(|hash| async move { (*hash, store.get(hash).await.err()) });
        let mut answers = stream::iter(reads).buffered(READS_AT_ONCE);
        while let Some((hash, error)) = answers.next().await {
            self.report.snapshots_read += 1;
            on_step(self.report.snapshots_read, to_read.len());
            match error {
                None => {}
                Some(error) if is_outage(&error) => return Err(error),
                // What nobody names may be removed at any time.
                Some(StoreError::NotFound { .. }) if !self.names.contains_key(&hash) => {}
                Some(error) => self.damage(Damaged::Snapshot(hash), reason(error), self.logs_naming(&hash)),
            }
        }
        Ok(())
    }

    fn logs_naming(&self, hash: &SnapshotHash) -> Vec<LogName> {
        let named = self.names.get(hash).map_or(&[][..], |named| &named.logs);
        named.iter().filter_map(|index| self.logs.get(*index).cloned()).collect()
    }
}

/// What is wrong, without the store's name, which the reader of a report knows.
fn reason(error: StoreError) -> String {
    match error {
        StoreError::Corrupt { what, reason, .. } => format!("{what}: {reason}"),
        StoreError::NotFound { .. } => "it is missing".to_owned(),
        StoreError::Snapshot { error, .. } => error.to_string(),
        StoreError::Io { reason, .. } => reason,
        other => other.to_string(),
    }
}
