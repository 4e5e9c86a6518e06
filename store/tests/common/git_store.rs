//! A small git store, and what is in one.

#![allow(dead_code, reason = "each suite uses a part of it")]

use std::path::Path;

use schema_sync_store::{
    GitStore, LogEntry, LogName, LogRange, OpenMode, SnapshotHash, SnapshotStore, StoreError, verify_chain,
};

use super::common::{acme, entry, snapshot};

/// A store with two snapshots and three entries.
pub(crate) async fn small_store(path: &Path) -> Result<GitStore, StoreError> {
    let store = GitStore::open(path, None, OpenMode::Create).await?;
    let hashes = store.put_all(&[snapshot(1), snapshot(2)]).await?;
    let mut last = None;
    for (number, note) in ["one", "two", "three"].into_iter().enumerate() {
        let new = entry(note).snapshot(hashes[number % 2]);
        last = Some(store.append(&acme(), last.as_ref(), new).await?.hash);
    }
    Ok(store)
}

pub(crate) async fn whole_log(store: &GitStore, log: &LogName) -> Result<Vec<LogEntry>, StoreError> {
    let mut entries = store.read(log, LogRange::last(usize::MAX)).await?;
    entries.reverse();
    verify_chain(None, &entries).unwrap();
    Ok(entries)
}

/// All that a store holds.
pub(crate) async fn contents(store: &GitStore) -> Result<(Vec<SnapshotHash>, Vec<Vec<LogEntry>>), StoreError> {
    let objects = store.objects(None, usize::MAX).await?;
    for object in &objects {
        store.get(&object.hash).await?;
    }
    let mut logs = Vec::new();
    for log in store.logs("").await? {
        logs.push(whole_log(store, &log).await?);
    }
    Ok((objects.iter().map(|object| object.hash).collect(), logs))
}
