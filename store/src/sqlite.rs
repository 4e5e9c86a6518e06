//! A store in one SQLite file: objects compressed in one table, entries as rows (log, sequence) in another, so that the
//! primary key is the compare-and-swap. Many processes may use one file at once; it must lie on a local disk.

mod file;
mod session;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::Connection;
use session::Session;
use tokio::sync::Mutex;

use crate::blocking::off_the_runtime;
use crate::{Append, EntryHash, HashPrefix, LogEntry, LogName, LogRange, NewEntry, OpenMode};
use crate::{SchemaSnapshot, SnapshotHash, SnapshotStore, StoreError, StoreUrl, StoredObject};

/// A store in a SQLite file. Its calls need a Tokio runtime, on whose blocking threads they run.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    location: Arc<str>,
    read_only: bool,
    connection: Arc<Mutex<Connection>>,
}

impl SqliteStore {
    /// Opens the store in this file.
    ///
    /// # Errors
    /// `Missing`, `NotAStore`, `Newer`, `ReadOnly` and what SQLite has to say.
    pub async fn open(path: &Path, mode: OpenMode) -> Result<Self, StoreError> {
        let location: Arc<str> = StoreUrl::Sqlite(path.to_owned()).to_string().into();
        let (path, name) = (path.to_owned(), Arc::clone(&location));
        let connection = off_the_runtime(&location, move || file::open(&path, &name, mode)).await?;
        Ok(Self { location, read_only: mode == OpenMode::ReadOnly, connection: Arc::new(Mutex::new(connection)) })
    }

    /// Runs work on the connection, off the runtime's own threads, as soon as the calls before it are done. Once begun
    /// it goes on to its end, even if nobody waits for it any more.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(Session<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let mut connection = Arc::clone(&self.connection).lock_owned().await;
        let location = Arc::clone(&self.location);
        off_the_runtime(&self.location, move || work(Session::new(&mut connection, &location))).await
    }

    async fn run_writing<T: Send + 'static>(
        &self,
        work: impl FnOnce(Session<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        if self.read_only {
            return Err(StoreError::ReadOnly { store: self.location.to_string() });
        }
        self.run(work).await
    }
}

#[async_trait]
impl SnapshotStore for SqliteStore {
    fn location(&self) -> &str {
        &self.location
    }

    async fn put(&self, snapshot: &SchemaSnapshot) -> Result<SnapshotHash, StoreError> {
        self.put_all(std::slice::from_ref(snapshot)).await?;
        Ok(snapshot.hash())
    }

    async fn get(&self, hash: &SnapshotHash) -> Result<SchemaSnapshot, StoreError> {
        let hash = *hash;
        self.run(move |mut session| session.get(&hash)).await
    }

    async fn find(&self, prefix: &HashPrefix) -> Result<Vec<SnapshotHash>, StoreError> {
        let prefix = prefix.clone();
        self.run(move |mut session| session.find(&prefix)).await
    }

    async fn append(
        &self,
        log: &LogName,
        expected: Option<&EntryHash>,
        entry: NewEntry,
    ) -> Result<LogEntry, StoreError> {
        let append = Append { log: log.clone(), expected: expected.copied(), entry };
        self.run_writing(move |mut session| session.append(append)).await
    }

    async fn read(&self, log: &LogName, range: LogRange) -> Result<Vec<LogEntry>, StoreError> {
        let log = log.clone();
        self.run(move |mut session| session.read(&log, &range)).await
    }

    async fn logs(&self, prefix: &str) -> Result<Vec<LogName>, StoreError> {
        let prefix = prefix.to_owned();
        self.run(move |mut session| session.logs(&prefix)).await
    }

    async fn import(&self, log: &LogName, entries: &[LogEntry]) -> Result<(), StoreError> {
        let (log, entries) = (log.clone(), entries.to_vec());
        self.run_writing(move |mut session| session.import(&log, &entries)).await
    }

    async fn objects(&self, after: Option<&SnapshotHash>, limit: usize) -> Result<Vec<StoredObject>, StoreError> {
        let after = after.copied();
        self.run(move |mut session| session.objects(after.as_ref(), limit)).await
    }

    async fn remove(&self, hashes: &[SnapshotHash], before: Timestamp) -> Result<Vec<SnapshotHash>, StoreError> {
        let hashes = hashes.to_vec();
        self.run_writing(move |mut session| session.remove(&hashes, before)).await
    }

    async fn put_all(&self, snapshots: &[SchemaSnapshot]) -> Result<Vec<SnapshotHash>, StoreError> {
        let snapshots = snapshots.to_vec();
        self.run_writing(move |mut session| session.put_all(&snapshots)).await
    }

    async fn append_all(&self, appends: Vec<Append>) -> Vec<Result<LogEntry, StoreError>> {
        let count = appends.len();
        match self.run_writing(move |mut session| session.append_all(appends)).await {
            Ok(answers) => answers,
            Err(error) => vec![Err(error); count],
        }
    }

    async fn last_entries(&self, logs: &[LogName]) -> Result<Vec<Option<LogEntry>>, StoreError> {
        let logs = logs.to_vec();
        self.run(move |mut session| session.last_entries(&logs)).await
    }
}
