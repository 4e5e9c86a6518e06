//! What a store must be able to do: keep objects under their hashes, and append to logs by compare-and-swap. Everything
//! else is made of these two, by whoever uses it. Knows no backend.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{EntryHash, HashPrefix, LogEntry, LogError, LogName, LogNameError, LogRange, NewEntry};
use crate::{SchemaSnapshot, SnapshotError, SnapshotHash, verify_chain};

/// What went wrong with a store. `store` is always its URL, without secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Somebody else appended first. Nothing was changed: read the log again and decide anew.
    #[error("{store}: {log} does not end where expected: expected {}, found {}", place(expected), place(found))]
    Conflict {
        /// The store.
        store: String,
        /// The log.
        log: LogName,
        /// The entry behind which to append; none for an empty log.
        expected: Option<EntryHash>,
        /// The entry that is the last one.
        found: Option<EntryHash>,
    },
    /// No such snapshot.
    #[error("{store} has no snapshot {hash}")]
    NotFound {
        /// The store.
        store: String,
        /// The snapshot's hash.
        hash: SnapshotHash,
    },
    /// No snapshot's hash begins so.
    #[error("{store} has no snapshot whose hash begins with {prefix}")]
    Unknown {
        /// The store.
        store: String,
        /// What was typed.
        prefix: HashPrefix,
    },
    /// More than one snapshot's hash begins so.
    #[error("{store}: more than one snapshot's hash begins with {prefix}: {}", short(candidates))]
    Ambiguous {
        /// The store.
        store: String,
        /// What was typed.
        prefix: HashPrefix,
        /// The snapshots that it could mean, sorted.
        candidates: Vec<SnapshotHash>,
    },
    /// What is kept is not what was put there.
    #[error("{store} is damaged: {what}: {reason}; restore it from a backup, nothing was changed")]
    Corrupt {
        /// The store.
        store: String,
        /// The object or the entry.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A snapshot has the right bytes, and this version cannot read them.
    #[error("{store}: snapshot {hash} cannot be read: {error}")]
    Snapshot {
        /// The store.
        store: String,
        /// The snapshot's hash.
        hash: SnapshotHash,
        /// What is wrong with it.
        #[source]
        error: SnapshotError,
    },
    /// An entry that no log can hold. Nothing was changed.
    #[error("{store}: nothing was appended to {log}: {error}")]
    Entry {
        /// The store.
        store: String,
        /// The log.
        log: LogName,
        /// What is wrong with the entry.
        #[source]
        error: LogError,
    },
    /// No log can have such a name.
    #[error(transparent)]
    LogName(#[from] LogNameError),
    /// The text is not the URL of a store that this version supports.
    #[error("`{url}` is not a usable store URL: {reason}")]
    Url {
        /// The URL, without its password.
        url: String,
        /// What is wrong with it, and what would be right.
        reason: String,
    },
    /// There is no store yet.
    #[error("there is no store {store}: make it with `schema-sync init`")]
    Missing {
        /// The store.
        store: String,
    },
    /// There is something, and it is not a store. It was not touched.
    #[error("{store} is not a schema-sync store and was not touched: {reason}")]
    NotAStore {
        /// The store.
        store: String,
        /// How that was seen.
        reason: String,
    },
    /// The store was made by a newer version.
    #[error("{store} has layout {found}, newer than the {supported} that this version knows: upgrade schema-sync")]
    Newer {
        /// The store.
        store: String,
        /// Its layout.
        found: u32,
        /// The newest layout that is known here.
        supported: u32,
    },
    /// The place cannot keep what a store promises, and nothing was kept there.
    #[error("{store} cannot be a store: {reason}; nothing was kept there")]
    Unfit {
        /// The store.
        store: String,
        /// What it does not do, and what to do instead.
        reason: String,
    },
    /// The store cannot be written to. Nothing was changed.
    #[error("{store} is read-only: nothing was changed")]
    ReadOnly {
        /// The store.
        store: String,
    },
    /// There is no room left. Nothing was changed.
    #[error("{store}: the disk is full: {reason}; nothing was changed")]
    Full {
        /// The store.
        store: String,
        /// What the system said.
        reason: String,
    },
    /// Others kept the store locked for too long. Nothing was changed.
    #[error("{store} was locked by other processes for {waited_ms} ms: nothing was changed, try again")]
    Busy {
        /// The store.
        store: String,
        /// How long was waited, in milliseconds.
        waited_ms: u64,
    },
    /// Reading or writing failed. What was being appended may or may not be there: read the log to know.
    #[error("{store} cannot be used: {reason}")]
    Io {
        /// The store.
        store: String,
        /// What the system said.
        reason: String,
    },
}

fn place(entry: &Option<EntryHash>) -> String {
    entry.as_ref().map_or_else(|| "an empty log".to_owned(), |entry| format!("entry {}", entry.short()))
}

fn short(hashes: &[SnapshotHash]) -> String {
    hashes.iter().map(SnapshotHash::short).collect::<Vec<_>>().join(", ")
}

/// One append among many: see [`SnapshotStore::append_all`].
#[derive(Debug, Clone, PartialEq)]
pub struct Append {
    /// The log.
    pub log: LogName,
    /// The entry that must be the last one; none for a log that must be empty.
    pub expected: Option<EntryHash>,
    /// What is appended.
    pub entry: NewEntry,
}

/// For stores: checks that entries of another store continue a log that ends with `last`.
///
/// # Errors
/// `Conflict` where the log ends elsewhere, `Entry` where the entries are not this log's or no chain.
pub fn check_import(
    store: &str,
    log: &LogName,
    last: Option<&LogEntry>,
    entries: &[LogEntry],
) -> Result<(), StoreError> {
    let Some(first) = entries.first() else { return Ok(()) };
    let refuse = |error: LogError| StoreError::Entry { store: store.to_owned(), log: log.clone(), error };
    if first.log != *log {
        let reason = format!("it is no entry of {log}");
        return Err(refuse(LogError::Misplaced { log: first.log.clone(), sequence: first.sequence, reason }));
    }
    let (expected, found) = (first.previous, last.map(|last| last.hash));
    if expected != found {
        return Err(StoreError::Conflict { store: store.to_owned(), log: log.clone(), expected, found });
    }
    verify_chain(last, entries).map_err(refuse)
}

/// A snapshot that is kept, as [`SnapshotStore::objects`] lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredObject {
    /// The snapshot's hash.
    pub hash: SnapshotHash,
    /// When it was last put, or named by an entry, to within [`FRESH_HOURS`].
    pub stored: Timestamp,
    /// The bytes that it takes in the store.
    pub bytes: u64,
}

/// An object that is put again, or named by an entry, counts as stored then, unless that was noted within this time
/// anyway. What [`SnapshotStore::remove`] may remove must be older, so that nothing goes that somebody has just put.
pub const FRESH_HOURS: i64 = 12;

/// A place that keeps snapshots and logs. Safe to share between tasks; several processes may use one store at once.
///
/// What a call has answered is there for good: it survives a crash of the process and of the machine.
#[async_trait]
pub trait SnapshotStore: Send + Sync {
    /// The store's URL for messages, without secrets.
    fn location(&self) -> &str;

    /// Keeps a snapshot under its hash. Doing so again changes nothing.
    async fn put(&self, snapshot: &SchemaSnapshot) -> Result<SnapshotHash, StoreError>;

    /// The snapshot of this hash; its bytes are hashed again.
    ///
    /// # Errors
    /// `NotFound`, and `Corrupt` where the bytes are not those that the hash names.
    async fn get(&self, hash: &SnapshotHash) -> Result<SchemaSnapshot, StoreError>;

    /// The snapshots whose hashes begin so, sorted.
    async fn find(&self, prefix: &HashPrefix) -> Result<Vec<SnapshotHash>, StoreError>;

    /// Appends directly behind `expected`, or to an empty log where that is none.
    ///
    /// # Errors
    /// `Conflict` when the log does not end there, `NotFound` when the entry's snapshot is not in the store; neither
    /// changes anything.
    async fn append(
        &self,
        log: &LogName,
        expected: Option<&EntryHash>,
        entry: NewEntry,
    ) -> Result<LogEntry, StoreError>;

    /// Entries of a log, newest first; none of a log that does not exist.
    ///
    /// # Errors
    /// `Corrupt` where the entries in question are not the chain that was appended.
    async fn read(&self, log: &LogName, range: LogRange) -> Result<Vec<LogEntry>, StoreError>;

    /// The logs whose names, as written, begin so, sorted.
    async fn logs(&self, prefix: &str) -> Result<Vec<LogName>, StoreError>;

    /// Appends entries of another store as they are: oldest first, directly behind the log's last one.
    ///
    /// # Errors
    /// `Entry` when they are no chain, `Conflict` when the log ends elsewhere, `NotFound` when a snapshot of theirs is
    /// not in the store; what was imported of them before is there.
    async fn import(&self, log: &LogName, entries: &[LogEntry]) -> Result<(), StoreError>;

    /// The snapshots that are kept, sorted by hash, so many at most, of those behind `after`.
    async fn objects(&self, after: Option<&SnapshotHash>, limit: usize) -> Result<Vec<StoredObject>, StoreError>;

    /// Removes those of these snapshots that were stored before this time; answers which. The caller has seen that no
    /// entry names them, and chooses a time of [`FRESH_HOURS`] ago or more, so that what others are about to name stays.
    async fn remove(&self, hashes: &[SnapshotHash], before: Timestamp) -> Result<Vec<SnapshotHash>, StoreError>;

    /// Keeps many snapshots, in the order given.
    async fn put_all(&self, snapshots: &[SchemaSnapshot]) -> Result<Vec<SnapshotHash>, StoreError> {
        let mut hashes = Vec::with_capacity(snapshots.len());
        for snapshot in snapshots {
            hashes.push(self.put(snapshot).await?);
        }
        Ok(hashes)
    }

    /// Appends to many logs. Each answer stands at its append's place: `Conflict`, `NotFound` and `Entry` concern one
    /// append alone, a store that fails may fail all of them.
    async fn append_all(&self, appends: Vec<Append>) -> Vec<Result<LogEntry, StoreError>> {
        let mut answers = Vec::with_capacity(appends.len());
        for Append { log, expected, entry } in appends {
            answers.push(self.append(&log, expected.as_ref(), entry).await);
        }
        answers
    }

    /// The last entry of each of these logs, in the order given; none for a log that does not exist.
    async fn last_entries(&self, logs: &[LogName]) -> Result<Vec<Option<LogEntry>>, StoreError> {
        let mut entries = Vec::with_capacity(logs.len());
        for log in logs {
            entries.push(self.last_entry(log).await?);
        }
        Ok(entries)
    }

    /// The last entry of a log; none where the log does not exist.
    async fn last_entry(&self, log: &LogName) -> Result<Option<LogEntry>, StoreError> {
        Ok(self.read(log, LogRange::last(1)).await?.pop())
    }
}
