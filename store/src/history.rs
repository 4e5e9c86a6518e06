//! Convenient calls over every store: a tenant's history and the values of refs, made of `put`, `get`, `append` and
//! `read`. Adds no promise of its own, so that a backend need not know of it.

use async_trait::async_trait;

use crate::{DiffCalculator, EntryHash, Event, ExactDiff, HashPrefix, LogEntry, LogName, LogRange, NewEntry};
use crate::{SchemaDiff, SchemaSnapshot, SnapshotHash, SnapshotStore, StoreError};

/// Entries that are read at once of a log that is read whole.
const PAGE_ENTRIES: usize = 1_000;
/// How often [`History::store`] tries to append where others append at the same time.
const ATTEMPTS: usize = 16;

/// A tenant's history, and refs, in a store.
#[async_trait]
pub trait History: SnapshotStore {
    /// Keeps a tenant's captured snapshot and appends it to the tenant's log. Where the log's last entry is of this very
    /// snapshot, nothing is written and that entry is the answer.
    async fn store(&self, tenant: &str, snapshot: &SchemaSnapshot, author: &str) -> Result<LogEntry, StoreError> {
        let log = LogName::tenant(tenant)?;
        let entry = NewEntry::new(Event::CAPTURED, author).snapshot(snapshot.hash());
        let mut attempts = 1;
        loop {
            let last = self.last_entry(&log).await?;
            if let Some(last) = last.as_ref().filter(|last| last.snapshot == Some(snapshot.hash())) {
                return Ok(last.clone());
            }
            self.put(snapshot).await?;
            match self.append(&log, last.map(|last| last.hash).as_ref(), entry.clone()).await {
                Err(StoreError::Conflict { .. }) if attempts < ATTEMPTS => attempts += 1,
                answer => return answer,
            }
        }
    }

    /// The snapshot that a tenant was last known to have; none for a tenant without history.
    async fn get_latest(&self, tenant: &str) -> Result<Option<SchemaSnapshot>, StoreError> {
        let log = LogName::tenant(tenant)?;
        let Some(entry) = last_with_snapshot(self, &log).await? else { return Ok(None) };
        match entry.snapshot {
            Some(hash) => self.get(&hash).await.map(Some),
            None => Ok(None),
        }
    }

    /// A snapshot that a tenant has had.
    ///
    /// # Errors
    /// `NotFound` also where the store has the snapshot and the tenant never had it.
    async fn get_by_hash(&self, tenant: &str, hash: &SnapshotHash) -> Result<SchemaSnapshot, StoreError> {
        let entries = self.list(tenant).await?;
        if entries.iter().any(|entry| entry.snapshot.as_ref() == Some(hash)) {
            self.get(hash).await
        } else {
            Err(StoreError::NotFound { store: self.location().to_owned(), hash: *hash })
        }
    }

    /// A tenant's whole history, newest first.
    async fn list(&self, tenant: &str) -> Result<Vec<LogEntry>, StoreError> {
        read_whole(self, &LogName::tenant(tenant)?).await
    }

    /// What differs between two snapshots that a tenant has had.
    async fn compare(&self, tenant: &str, from: &SnapshotHash, to: &SnapshotHash) -> Result<SchemaDiff, StoreError> {
        let from = self.get_by_hash(tenant, from).await?;
        let to = self.get_by_hash(tenant, to).await?;
        Ok(ExactDiff.calculate(&from, &to))
    }

    /// The names of all tenants that have a history, sorted as their logs are.
    async fn tenants(&self) -> Result<Vec<String>, StoreError> {
        let logs = self.logs("tenants/").await?;
        Ok(logs.iter().filter_map(LogName::tenant_name).collect())
    }

    /// The last entry of a ref, whose snapshot is the ref's value; none where there is no such ref.
    async fn read_ref(&self, name: &str) -> Result<Option<LogEntry>, StoreError> {
        self.last_entry(&LogName::reference(name)?).await
    }

    /// Moves a ref, if its last entry is still the expected one.
    ///
    /// # Errors
    /// `Conflict` where somebody else moved it first.
    async fn move_ref(
        &self,
        name: &str,
        expected: Option<&EntryHash>,
        entry: NewEntry,
    ) -> Result<LogEntry, StoreError> {
        self.append(&LogName::reference(name)?, expected, entry).await
    }

    /// All refs with their last entries, sorted as their logs are.
    async fn refs(&self) -> Result<Vec<(String, LogEntry)>, StoreError> {
        let logs = self.logs("refs/").await?;
        let entries = self.last_entries(&logs).await?;
        Ok(logs.iter().zip(entries).filter_map(|(log, entry)| Some((log.reference_name()?, entry?))).collect())
    }

    /// The one snapshot whose hash begins so.
    ///
    /// # Errors
    /// `Unknown` and `Ambiguous`, the latter with the candidates.
    async fn resolve(&self, prefix: &HashPrefix) -> Result<SnapshotHash, StoreError> {
        let candidates = self.find(prefix).await?;
        let store = || self.location().to_owned();
        match candidates.as_slice() {
            [hash] => Ok(*hash),
            [] => Err(StoreError::Unknown { store: store(), prefix: prefix.clone() }),
            _ => Err(StoreError::Ambiguous { store: store(), prefix: prefix.clone(), candidates }),
        }
    }
}

impl<Store: SnapshotStore + ?Sized> History for Store {}

/// Entries without a snapshot, such as those of failures, stand between those that have one.
async fn last_with_snapshot(
    store: &(impl SnapshotStore + ?Sized),
    log: &LogName,
) -> Result<Option<LogEntry>, StoreError> {
    let mut range = LogRange::last(1);
    loop {
        let entries = store.read(log, range).await?;
        let Some(oldest) = entries.last() else { return Ok(None) };
        range = LogRange::last(PAGE_ENTRIES).before(oldest.sequence);
        if let Some(entry) = entries.into_iter().find(|entry| entry.snapshot.is_some()) {
            return Ok(Some(entry));
        }
    }
}

async fn read_whole(store: &(impl SnapshotStore + ?Sized), log: &LogName) -> Result<Vec<LogEntry>, StoreError> {
    let mut entries: Vec<LogEntry> = Vec::new();
    loop {
        let range = LogRange::last(PAGE_ENTRIES);
        let range = entries.last().map_or(range, |oldest| range.before(oldest.sequence));
        let page = store.read(log, range).await?;
        if page.is_empty() {
            return Ok(entries);
        }
        entries.extend(page);
    }
}
