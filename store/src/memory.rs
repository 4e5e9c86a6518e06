//! A store in memory, gone with the process: for tests and for work that needs no history.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{EntryHash, HashPrefix, LogEntry, LogName, LogRange, NewEntry, SchemaSnapshot, SnapshotHash};
use crate::{SnapshotStore, StoreError, StoredObject, check_import};

const LOCATION: &str = "memory:";

/// Snapshots and logs in maps behind a mutex.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    snapshots: BTreeMap<SnapshotHash, (SchemaSnapshot, Timestamp)>,
    logs: BTreeMap<LogName, Vec<LogEntry>>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// No call below leaves the state half changed, so it is whole even after a panic elsewhere.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Notes that an entry names a snapshot, which must be there.
    fn name(&mut self, snapshot: Option<SnapshotHash>) -> Result<(), StoreError> {
        let Some(hash) = snapshot else { return Ok(()) };
        let found = self.snapshots.get_mut(&hash);
        let (_, stored) = found.ok_or_else(|| StoreError::NotFound { store: LOCATION.to_owned(), hash })?;
        *stored = Timestamp::now();
        Ok(())
    }
}

#[async_trait]
impl SnapshotStore for MemoryStore {
    fn location(&self) -> &str {
        LOCATION
    }

    async fn put(&self, snapshot: &SchemaSnapshot) -> Result<SnapshotHash, StoreError> {
        let hash = snapshot.hash();
        self.state().snapshots.insert(hash, (snapshot.clone(), Timestamp::now()));
        Ok(hash)
    }

    async fn get(&self, hash: &SnapshotHash) -> Result<SchemaSnapshot, StoreError> {
        let found = self.state().snapshots.get(hash).map(|(snapshot, _)| snapshot.clone());
        found.ok_or_else(|| StoreError::NotFound { store: LOCATION.to_owned(), hash: *hash })
    }

    async fn find(&self, prefix: &HashPrefix) -> Result<Vec<SnapshotHash>, StoreError> {
        let (first, last) = prefix.bounds();
        Ok(self.state().snapshots.range(first..=last).map(|(hash, _)| *hash).collect())
    }

    async fn append(
        &self,
        log: &LogName,
        expected: Option<&EntryHash>,
        entry: NewEntry,
    ) -> Result<LogEntry, StoreError> {
        let store = || LOCATION.to_owned();
        let mut state = self.state();
        let last = state.logs.get(log).and_then(|entries| entries.last());
        let found = last.map(|last| last.hash);
        if found.as_ref() != expected {
            return Err(StoreError::Conflict { store: store(), log: log.clone(), expected: expected.copied(), found });
        }
        let entry = LogEntry::following(log, last, Timestamp::now(), entry).map_err(|error| StoreError::Entry {
            store: store(),
            log: log.clone(),
            error,
        })?;
        state.name(entry.snapshot)?;
        state.logs.entry(log.clone()).or_default().push(entry.clone());
        Ok(entry)
    }

    async fn import(&self, log: &LogName, entries: &[LogEntry]) -> Result<(), StoreError> {
        let mut state = self.state();
        check_import(LOCATION, log, state.logs.get(log).and_then(|entries| entries.last()), entries)?;
        for entry in entries {
            state.name(entry.snapshot)?;
            state.logs.entry(log.clone()).or_default().push(entry.clone());
        }
        Ok(())
    }

    async fn objects(&self, after: Option<&SnapshotHash>, limit: usize) -> Result<Vec<StoredObject>, StoreError> {
        let behind = after.map_or(Bound::Unbounded, Bound::Excluded);
        let state = self.state();
        let objects = state.snapshots.range((behind, Bound::Unbounded)).take(limit);
        let object = |(hash, (snapshot, stored)): (&SnapshotHash, &(SchemaSnapshot, Timestamp))| StoredObject {
            hash: *hash,
            stored: *stored,
            bytes: u64::try_from(snapshot.to_bytes().len()).unwrap_or(u64::MAX),
        };
        Ok(objects.map(object).collect())
    }

    async fn remove(&self, hashes: &[SnapshotHash], before: Timestamp) -> Result<Vec<SnapshotHash>, StoreError> {
        let mut state = self.state();
        let mut removed = hashes.to_vec();
        removed.retain(|hash| state.snapshots.get(hash).is_some_and(|(_, stored)| *stored < before));
        for hash in &removed {
            state.snapshots.remove(hash);
        }
        Ok(removed)
    }

    async fn read(&self, log: &LogName, range: LogRange) -> Result<Vec<LogEntry>, StoreError> {
        let state = self.state();
        let newest_first = state.logs.get(log).into_iter().flatten().rev();
        Ok(newest_first.filter(|entry| range.includes(entry)).take(range.limit).cloned().collect())
    }

    async fn logs(&self, prefix: &str) -> Result<Vec<LogName>, StoreError> {
        Ok(self.state().logs.keys().filter(|log| log.as_str().starts_with(prefix)).cloned().collect())
    }
}
