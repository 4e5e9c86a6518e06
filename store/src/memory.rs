//! A store in memory, gone with the process: for tests and for work that needs no history.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{EntryHash, HashPrefix, LogEntry, LogName, LogRange, NewEntry, SchemaSnapshot, SnapshotHash};
use crate::{SnapshotStore, StoreError};

const LOCATION: &str = "memory:";

/// Snapshots and logs in maps behind a mutex.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    snapshots: BTreeMap<SnapshotHash, SchemaSnapshot>,
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

#[async_trait]
impl SnapshotStore for MemoryStore {
    fn location(&self) -> &str {
        LOCATION
    }

    async fn put(&self, snapshot: &SchemaSnapshot) -> Result<SnapshotHash, StoreError> {
        let hash = snapshot.hash();
        self.state().snapshots.entry(hash).or_insert_with(|| snapshot.clone());
        Ok(hash)
    }

    async fn get(&self, hash: &SnapshotHash) -> Result<SchemaSnapshot, StoreError> {
        let found = self.state().snapshots.get(hash).cloned();
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
        if let Some(hash) = entry.snapshot.filter(|hash| !state.snapshots.contains_key(hash)) {
            return Err(StoreError::NotFound { store: store(), hash });
        }
        let entry = LogEntry::following(log, last, Timestamp::now(), entry).map_err(|error| StoreError::Entry {
            store: store(),
            log: log.clone(),
            error,
        })?;
        state.logs.entry(log.clone()).or_default().push(entry.clone());
        Ok(entry)
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
