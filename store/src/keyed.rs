//! A store over keys and bytes: all that a folder's files and a bucket's objects have in common. The compare-and-swap
//! of a log is the creation of its next key, which one writer alone can win.
//!
//! No key is ever written over. So no reader sees half of anything, a crash between any two calls leaves nothing but
//! keys that nobody names, and whoever has seen that a key is old may delete it without asking again.

mod keys;
pub(crate) mod layout;
mod logs;
mod objects;

use std::collections::HashMap;
use std::future::Future;

use async_trait::async_trait;
use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;

pub(crate) use self::keys::{Creation, Keys, Listed};
use crate::{Append, EntryHash, HashPrefix, LogEntry, LogName, LogRange, NewEntry, OpenMode};
use crate::{SchemaSnapshot, SnapshotHash, SnapshotStore, StoreError, StoredObject};

/// Requests that one call makes at the same time, at most.
pub(crate) const REQUESTS_MAX: usize = 32;

/// A store over the keys of some place.
#[derive(Debug)]
pub(crate) struct KeyedStore<K> {
    keys: K,
    read_only: bool,
}

impl<K: Keys> KeyedStore<K> {
    /// Opens the store in this place.
    ///
    /// # Errors
    /// `Missing`, `NotAStore`, `Newer`, `ReadOnly`, and what the place has to say.
    pub(crate) async fn open(keys: K, mode: OpenMode) -> Result<Self, StoreError> {
        let store = Self { keys, read_only: mode == OpenMode::ReadOnly };
        let mut found = store.keys.get(layout::MARKER).await?;
        let foreign = if found.is_none() { store.foreign_key().await? } else { None };
        if foreign.is_some() {
            // Somebody else may have made the store between the two looks.
            found = store.keys.get(layout::MARKER).await?;
        }
        if let Some(marker) = &found {
            store.check_layout(marker)?;
        } else if let Some(foreign) = foreign {
            let reason = format!("`{foreign}` is there, and no `{}`", layout::MARKER);
            return Err(StoreError::NotAStore { store: store.name(), reason });
        } else if mode != OpenMode::Create {
            return Err(StoreError::Missing { store: store.name() });
        }
        if mode != OpenMode::ReadOnly {
            store.keys.check_writable().await?;
        }
        if found.is_none() {
            // Somebody else may have made it meanwhile, and that is as well.
            store.keys.create(layout::MARKER, layout::Marker::bytes()).await?;
        }
        Ok(store)
    }

    fn check_layout(&self, marker: &[u8]) -> Result<(), StoreError> {
        let Some(marker) = layout::Marker::read(marker) else {
            let reason = format!("its `{}` is of something else", layout::MARKER);
            return Err(StoreError::NotAStore { store: self.name(), reason });
        };
        match marker.layout {
            layout::LAYOUT => Ok(()),
            found if found > layout::LAYOUT => {
                Err(StoreError::Newer { store: self.name(), found, supported: layout::LAYOUT })
            }
            _ => Err(self.corrupt("its layout", "there is no such layout")),
        }
    }

    /// A key that no store in the making leaves behind.
    async fn foreign_key(&self) -> Result<Option<String>, StoreError> {
        let mut after = String::new();
        loop {
            let Some(first) = self.keys.list("", &after, 1).await?.pop() else { return Ok(None) };
            let own = [layout::TEMPORARY, layout::PROBE].into_iter().find(|own| first.key.starts_with(own));
            let Some(own) = own else { return Ok(Some(first.key)) };
            after = format!("{own}\u{7f}");
        }
    }

    fn name(&self) -> String {
        self.keys.location().to_owned()
    }

    fn corrupt(&self, what: impl ToString, reason: impl ToString) -> StoreError {
        StoreError::Corrupt { store: self.name(), what: what.to_string(), reason: reason.to_string() }
    }

    fn check_may_write(&self) -> Result<(), StoreError> {
        if self.read_only { Err(StoreError::ReadOnly { store: self.name() }) } else { Ok(()) }
    }
}

/// The answers in the order of the work, so much of it at once as [`REQUESTS_MAX`] says.
async fn all_of<T: Send>(work: impl Iterator<Item = impl Future<Output = T> + Send> + Send) -> Vec<T> {
    stream::iter(work).buffered(REQUESTS_MAX).collect().await
}

#[async_trait]
impl<K: Keys> SnapshotStore for KeyedStore<K> {
    fn location(&self) -> &str {
        self.keys.location()
    }

    async fn put(&self, snapshot: &SchemaSnapshot) -> Result<SnapshotHash, StoreError> {
        self.check_may_write()?;
        self.put_object(snapshot).await?;
        Ok(snapshot.hash())
    }

    async fn get(&self, hash: &SnapshotHash) -> Result<SchemaSnapshot, StoreError> {
        self.get_object(hash).await
    }

    async fn find(&self, prefix: &HashPrefix) -> Result<Vec<SnapshotHash>, StoreError> {
        self.find_objects(prefix).await
    }

    async fn append(
        &self,
        log: &LogName,
        expected: Option<&EntryHash>,
        entry: NewEntry,
    ) -> Result<LogEntry, StoreError> {
        self.check_may_write()?;
        self.append_entry(Append { log: log.clone(), expected: expected.copied(), entry }).await
    }

    async fn read(&self, log: &LogName, range: LogRange) -> Result<Vec<LogEntry>, StoreError> {
        self.read_log(log, range).await
    }

    async fn logs(&self, prefix: &str) -> Result<Vec<LogName>, StoreError> {
        self.list_logs(prefix).await
    }

    async fn import(&self, log: &LogName, entries: &[LogEntry]) -> Result<(), StoreError> {
        self.check_may_write()?;
        self.import_entries(log, entries).await
    }

    async fn objects(&self, after: Option<&SnapshotHash>, limit: usize) -> Result<Vec<StoredObject>, StoreError> {
        self.list_objects(after, limit).await
    }

    async fn remove(&self, hashes: &[SnapshotHash], before: Timestamp) -> Result<Vec<SnapshotHash>, StoreError> {
        self.check_may_write()?;
        let removals = hashes.iter().copied().map(|hash| self.remove_object(hash, before));
        let removed: Vec<Option<SnapshotHash>> = all_of(removals).await.into_iter().collect::<Result<_, _>>()?;
        Ok(removed.into_iter().flatten().collect())
    }

    async fn put_all(&self, snapshots: &[SchemaSnapshot]) -> Result<Vec<SnapshotHash>, StoreError> {
        self.check_may_write()?;
        let hashes: Vec<SnapshotHash> = snapshots.iter().map(SchemaSnapshot::hash).collect();
        let snapshots = snapshots.iter().cloned();
        let distinct: HashMap<SnapshotHash, SchemaSnapshot> = hashes.iter().copied().zip(snapshots).collect();
        let puts = distinct.into_values().map(async |snapshot| self.put_object(&snapshot).await);
        all_of(puts).await.into_iter().collect::<Result<(), _>>()?;
        Ok(hashes)
    }

    async fn append_all(&self, appends: Vec<Append>) -> Vec<Result<LogEntry, StoreError>> {
        if let Err(error) = self.check_may_write() {
            return vec![Err(error); appends.len()];
        }
        self.append_entries(appends).await
    }

    async fn last_entries(&self, logs: &[LogName]) -> Result<Vec<Option<LogEntry>>, StoreError> {
        let logs = logs.to_vec();
        let reads = logs.into_iter().map(async |log| self.newest_entry(&log).await);
        all_of(reads).await.into_iter().collect()
    }
}
