//! Removing snapshots that no log names. Safe beside everybody else who uses the store.
//!
//! Whoever names a snapshot puts it, or appends an entry about it; both make it count as stored just then. Only what
//! was stored longer ago than the grace period is removed, which is at least twice as long as the time for which a store
//! may leave that unnoted. So what others are about to name stays; and as a store that is spread over machines may
//! note it in the very moment of a removal, the logs are read again before and after each removal, and a snapshot that
//! was named in between is put back.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use schema_sync_store::{FRESH_HOURS, SnapshotHash, SnapshotStore, StoreError, StoredObject};

use super::check::OBJECTS_PER_CALL;
use super::walk::Names;

/// The shortest grace period, in days.
pub const KEEP_DAYS_MIN: u32 = 1;
/// The grace period where nothing else is said, in days.
pub const KEEP_DAYS_DEFAULT: u32 = 30;
/// Snapshots that are removed at once, and held until it is seen that nobody named them.
const REMOVALS_AT_ONCE: usize = 100;

const _: () = assert!(KEEP_DAYS_MIN as i64 * 24 >= 2 * FRESH_HOURS, "removing must leave what may still be named");

/// What was removed, or would be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Collection {
    /// Snapshots that entries name.
    pub named: usize,
    /// Snapshots that no entry names, and that are too new to go.
    pub recent: usize,
    /// Those that are gone, or would be.
    pub removed: Vec<StoredObject>,
    /// Snapshots that were named while they were removed, and are back.
    pub put_back: Vec<SnapshotHash>,
}

/// Removes the snapshots that no log names and that were stored longer ago than `keep_days`, which is at least
/// [`KEEP_DAYS_MIN`]. A dry run removes nothing and answers the same.
///
/// # Errors
/// What the store answers, also of one log alone: what a damaged log names is not known, so nothing is removed then.
pub async fn collect_garbage(
    store: &dyn SnapshotStore,
    keep_days: u32,
    dry_run: bool,
) -> Result<Collection, StoreError> {
    let grace = SignedDuration::from_hours(i64::from(keep_days.max(KEEP_DAYS_MIN)) * 24);
    let before = Timestamp::now().checked_sub(grace).unwrap_or(Timestamp::MIN);
    let mut names = Names::default();
    names.update(store).await?;
    let mut collection = Collection::default();
    let mut chosen: Vec<StoredObject> = Vec::new();
    let mut last: Option<SnapshotHash> = None;
    loop {
        let page = store.objects(last.as_ref(), OBJECTS_PER_CALL).await?;
        let Some(object) = page.last() else { break };
        last = Some(object.hash);
        for object in page {
            match () {
                () if names.contains(&object.hash) => collection.named += 1,
                () if object.stored >= before => collection.recent += 1,
                () => chosen.push(object),
            }
        }
    }
    if dry_run {
        collection.removed = chosen;
        return Ok(collection);
    }
    for chosen in chosen.chunks(REMOVALS_AT_ONCE) {
        remove(store, chosen, before, &mut names, &mut collection).await?;
    }
    Ok(collection)
}

async fn remove(
    store: &dyn SnapshotStore,
    chosen: &[StoredObject],
    before: Timestamp,
    names: &mut Names,
    collection: &mut Collection,
) -> Result<(), StoreError> {
    names.update(store).await?;
    let (named, chosen): (Vec<StoredObject>, Vec<StoredObject>) =
        chosen.iter().partition(|object| names.contains(&object.hash));
    collection.named += named.len();
    let hashes: Vec<SnapshotHash> = chosen.iter().map(|object| object.hash).collect();
    let mut held = Vec::with_capacity(hashes.len());
    for hash in &hashes {
        match store.get(hash).await {
            Ok(snapshot) => held.push(snapshot),
            // What is damaged cannot be put back, and is worth nothing to whoever names it.
            Err(StoreError::Corrupt { .. } | StoreError::NotFound { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    let removed: HashSet<SnapshotHash> = store.remove(&hashes, before).await?.into_iter().collect();
    names.update(store).await?;
    for snapshot in held.iter().filter(|snapshot| removed.contains(&snapshot.hash())) {
        if names.contains(&snapshot.hash()) {
            store.put(snapshot).await?;
            collection.put_back.push(snapshot.hash());
        }
    }
    for object in chosen {
        match () {
            () if collection.put_back.contains(&object.hash) => collection.named += 1,
            () if removed.contains(&object.hash) => collection.removed.push(object),
            () => collection.recent += 1,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::{Arc, Mutex};

    use async_trait::async_trait;
    use schema_sync_store::{
        EntryHash, Event, HashPrefix, LogEntry, LogName, LogRange, MemoryStore, NewEntry, Object, ObjectId, OpenMode,
        SchemaSnapshot, SqliteStore,
    };
    use serde_json::json;

    use super::*;

    fn snapshot(name: &str) -> SchemaSnapshot {
        let table = Object::new(ObjectId::new("table", [name]));
        SchemaSnapshot::new("test", BTreeSet::new(), vec![table]).unwrap()
    }

    async fn append(store: &dyn SnapshotStore, log: &str, snapshot: &SchemaSnapshot) -> Result<LogEntry, StoreError> {
        let log: LogName = log.parse().unwrap();
        let last = store.last_entry(&log).await?.map(|entry| entry.hash);
        store.append(&log, last.as_ref(), NewEntry::new(Event::CAPTURED, "tester").snapshot(snapshot.hash())).await
    }

    /// Sets every snapshot of a SQLite store back by so many days.
    fn age(file: &std::path::Path, days: i64) {
        let connection = rusqlite::Connection::open(file).unwrap();
        connection.busy_timeout(std::time::Duration::from_secs(30)).unwrap();
        connection.execute("UPDATE objects SET stored_ms = stored_ms - ?1 * 86400000", [days]).unwrap();
    }

    #[tokio::test]
    async fn only_what_is_old_and_unnamed_goes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store.db");
        let store = SqliteStore::open(&file, OpenMode::Create).await.unwrap();
        for name in ["named", "in_details", "old"] {
            store.put(&snapshot(name)).await.unwrap();
        }
        append(&store, "tenants/acme", &snapshot("named")).await.unwrap();
        let details = json!({ "before": snapshot("in_details").hash() });
        let entry = NewEntry::new(Event::SYNCED, "tester").details(details);
        store.append(&"tenants/globex".parse().unwrap(), None, entry).await.unwrap();
        age(&file, 40);
        store.put(&snapshot("new")).await.unwrap();

        let planned = collect_garbage(&store, 30, true).await.unwrap();
        assert_eq!(store.objects(None, 10).await.unwrap().len(), 4);
        assert_eq!(collect_garbage(&store, 50, false).await.unwrap().removed, []);
        let done = collect_garbage(&store, 30, false).await.unwrap();
        assert_eq!(planned, done);
        assert_eq!((done.named, done.recent, done.put_back.len()), (2, 1, 0));
        assert_eq!(done.removed.iter().map(|object| object.hash).collect::<Vec<_>>(), [snapshot("old").hash()]);
        assert_eq!(store.objects(None, 10).await.unwrap().len(), 3);
        assert_eq!(collect_garbage(&store, 0, false).await.unwrap().recent, 1, "a day is the least");
    }

    /// Others put and name what was unnamed for long, all the while it is removed.
    #[tokio::test(flavor = "multi_thread", worker_threads = 3)]
    async fn what_others_name_meanwhile_stays() {
        const ROUNDS: usize = 60;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store.db");
        let store = SqliteStore::open(&file, OpenMode::Create).await.unwrap();
        for round in 0..ROUNDS {
            store.put_all(&[snapshot(&format!("a{round}")), snapshot(&format!("b{round}"))]).await.unwrap();
        }
        age(&file, 40);
        let (mut named, mut removed) = (0, 0);
        for round in 0..ROUNDS {
            let other = SqliteStore::open(&file, OpenMode::ReadWrite).await.unwrap();
            let naming = tokio::spawn(async move {
                let (put, unput) = (snapshot(&format!("a{round}")), snapshot(&format!("b{round}")));
                other.put(&put).await.unwrap();
                append(&other, "tenants/put", &put).await.unwrap();
                // Without a put: what is there may be named, what is not is refused.
                match append(&other, "tenants/unput", &unput).await {
                    Ok(_) => true,
                    Err(StoreError::NotFound { .. }) => false,
                    Err(error) => panic!("{error}"),
                }
            });
            removed += collect_garbage(&store, 1, false).await.unwrap().removed.len();
            named += usize::from(naming.await.unwrap());
        }
        let present: HashSet<SnapshotHash> =
            store.objects(None, 1_000).await.unwrap().iter().map(|object| object.hash).collect();
        let mut names = Names::default();
        names.update(&store).await.unwrap();
        for log in ["tenants/put", "tenants/unput"] {
            for entry in store.read(&log.parse().unwrap(), LogRange::last(1_000)).await.unwrap_or_default() {
                assert!(present.contains(&entry.snapshot.unwrap()), "{log} {}", entry.sequence);
            }
        }
        assert!(removed > 0 && present.len() >= named, "{removed} removed, {named} named without a put");
    }

    /// A store on which removing and naming may cross, as they may where it is spread over machines: everything in it
    /// is old, and somebody names a snapshot at a certain call, having seen that it was there.
    #[derive(Default)]
    struct Crossing {
        inner: MemoryStore,
        on_get: Mutex<Option<SchemaSnapshot>>,
        on_remove: Mutex<Option<SchemaSnapshot>>,
    }

    impl Crossing {
        async fn act(&self, when: &Mutex<Option<SchemaSnapshot>>) {
            let snapshot = when.lock().unwrap().take();
            if let Some(snapshot) = snapshot {
                append(&self.inner, "tenants/acme", &snapshot).await.unwrap();
            }
        }
    }

    #[async_trait]
    impl SnapshotStore for Crossing {
        fn location(&self) -> &str {
            self.inner.location()
        }

        async fn put(&self, snapshot: &SchemaSnapshot) -> Result<SnapshotHash, StoreError> {
            self.inner.put(snapshot).await
        }

        async fn get(&self, hash: &SnapshotHash) -> Result<SchemaSnapshot, StoreError> {
            self.act(&self.on_get).await;
            self.inner.get(hash).await
        }

        async fn find(&self, prefix: &HashPrefix) -> Result<Vec<SnapshotHash>, StoreError> {
            self.inner.find(prefix).await
        }

        async fn append(
            &self,
            log: &LogName,
            expected: Option<&EntryHash>,
            entry: NewEntry,
        ) -> Result<LogEntry, StoreError> {
            self.inner.append(log, expected, entry).await
        }

        async fn read(&self, log: &LogName, range: LogRange) -> Result<Vec<LogEntry>, StoreError> {
            self.inner.read(log, range).await
        }

        async fn logs(&self, prefix: &str) -> Result<Vec<LogName>, StoreError> {
            self.inner.logs(prefix).await
        }

        async fn import(&self, log: &LogName, entries: &[LogEntry]) -> Result<(), StoreError> {
            self.inner.import(log, entries).await
        }

        async fn objects(&self, after: Option<&SnapshotHash>, limit: usize) -> Result<Vec<StoredObject>, StoreError> {
            let objects = self.inner.objects(after, limit).await?;
            Ok(objects.into_iter().map(|object| StoredObject { stored: Timestamp::UNIX_EPOCH, ..object }).collect())
        }

        async fn remove(&self, hashes: &[SnapshotHash], _: Timestamp) -> Result<Vec<SnapshotHash>, StoreError> {
            self.act(&self.on_remove).await;
            self.inner.remove(hashes, Timestamp::MAX).await
        }
    }

    #[tokio::test]
    async fn what_is_named_in_the_moment_of_its_removal_is_put_back() {
        let named = snapshot("named");
        for (on_get, on_remove) in [(Some(named.clone()), None), (None, Some(named.clone()))] {
            let store = Arc::new(Crossing {
                on_get: Mutex::new(on_get),
                on_remove: Mutex::new(on_remove),
                ..Crossing::default()
            });
            store.put_all(&[named.clone(), snapshot("old")]).await.unwrap();
            let done = collect_garbage(store.as_ref(), 1, false).await.unwrap();
            assert_eq!((done.put_back.as_slice(), done.removed.len(), done.named), (&[named.hash()][..], 1, 1));
            assert_eq!(store.inner.get(&named.hash()).await.unwrap(), named);
        }
    }
}
