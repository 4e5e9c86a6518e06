//! A store in a git repository: a log is a branch, an entry a commit on it whose tree holds the snapshot, so that
//! `git log -p` tells its history, and a clone is the store again. Moving a branch is the compare-and-swap. Many
//! processes may use one repository at once, and git programs beside them; it must lie on a local disk.

mod appending;
mod branch;
mod commit;
mod failure;
mod index;
mod lock;
mod objects;
mod packs;
mod reader;
mod recent;
mod refs;
mod remote;
mod repository;
mod session;
mod signature;
mod summary;
mod writer;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use git2::Repository;
use jiff::Timestamp;
use session::Session;
use tokio::sync::Mutex;

use crate::blocking::off_the_runtime;
use crate::{Append, EntryHash, HashPrefix, LogEntry, LogName, LogRange, NewEntry, OpenMode};
use crate::{SchemaSnapshot, SnapshotHash, SnapshotStore, StoreError, StoreUrl, StoredObject};

/// A store in a git repository. Its calls need a Tokio runtime, on whose blocking threads they run.
#[derive(Clone)]
pub struct GitStore {
    place: Arc<Place>,
    repository: Arc<Mutex<Repository>>,
}

struct Place {
    location: String,
    read_only: bool,
    /// What stands before the names of branches: first where they are moved, then where they are read as well.
    areas: Vec<String>,
    remote: Option<remote::Remote>,
    packs: packs::KnownPacks,
    recent: recent::RecentSnapshots,
}

impl Place {
    fn session<'a>(&'a self, repository: &'a Repository) -> Session<'a> {
        Session {
            repository,
            location: &self.location,
            areas: &self.areas,
            remote: self.remote.as_ref(),
            recent: &self.recent,
        }
    }
}

impl std::fmt::Debug for GitStore {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("GitStore").field("location", &self.place.location).finish_non_exhaustive()
    }
}

impl GitStore {
    /// Opens the store in this repository, which is made bare where there is none. With the name of one of the repository's
    /// remotes, what is there is the store: it is fetched before anything is read, and what is written is pushed.
    ///
    /// # Errors
    /// `Missing`, `NotAStore`, `Newer`, `ReadOnly` and what git has to say.
    pub async fn open(path: &Path, remote: Option<&str>, mode: OpenMode) -> Result<Self, StoreError> {
        let location = StoreUrl::Git { path: path.to_owned(), remote: remote.map(str::to_owned) }.to_string();
        let remote = remote.map(remote::Remote::new);
        let areas = match &remote {
            Some(remote) => vec![remote.area()],
            None => vec![repository::HEADS.to_owned(), format!("refs/remotes/{}/", repository::CLONED_FROM)],
        };
        let place = Arc::new(Place {
            location,
            read_only: mode == OpenMode::ReadOnly,
            areas,
            remote,
            packs: packs::KnownPacks::default(),
            recent: recent::RecentSnapshots::default(),
        });
        let (path, opened) = (path.to_owned(), Arc::clone(&place));
        let repository = off_the_runtime(&place.location, move || {
            let repository = repository::open(&path, &opened.location, mode)?;
            opened.packs.check(repository.commondir(), &opened.location)?;
            opened.session(&repository).check_store(mode)?;
            Ok(repository)
        });
        let repository = Arc::new(Mutex::new(repository.await?));
        Ok(Self { place, repository })
    }

    /// Runs work on the repository, off the runtime's own threads, as soon as the calls before it are done. Once begun
    /// it goes on to its end, even if nobody waits for it any more.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(Session<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let repository = Arc::clone(&self.repository).lock_owned().await;
        let place = Arc::clone(&self.place);
        off_the_runtime(&self.place.location, move || {
            place.packs.check(repository.commondir(), &place.location)?;
            let session = place.session(&repository);
            session.fetch()?;
            work(session)
        })
        .await
    }

    async fn run_writing<T: Send + 'static>(
        &self,
        work: impl FnOnce(Session<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        if self.place.read_only {
            return Err(StoreError::ReadOnly { store: self.place.location.clone() });
        }
        self.run(work).await
    }
}

#[async_trait]
impl SnapshotStore for GitStore {
    fn location(&self) -> &str {
        &self.place.location
    }

    async fn put(&self, snapshot: &SchemaSnapshot) -> Result<SnapshotHash, StoreError> {
        self.put_all(std::slice::from_ref(snapshot)).await?;
        Ok(snapshot.hash())
    }

    async fn get(&self, hash: &SnapshotHash) -> Result<SchemaSnapshot, StoreError> {
        let hash = *hash;
        self.run(move |session| session.get(&hash)).await
    }

    async fn find(&self, prefix: &HashPrefix) -> Result<Vec<SnapshotHash>, StoreError> {
        let prefix = prefix.clone();
        self.run(move |session| session.find(&prefix)).await
    }

    async fn append(
        &self,
        log: &LogName,
        expected: Option<&EntryHash>,
        entry: NewEntry,
    ) -> Result<LogEntry, StoreError> {
        let append = Append { log: log.clone(), expected: expected.copied(), entry };
        self.run_writing(move |session| session.append(append)).await
    }

    async fn read(&self, log: &LogName, range: LogRange) -> Result<Vec<LogEntry>, StoreError> {
        let log = log.clone();
        self.run(move |session| session.read(&log, &range)).await
    }

    async fn logs(&self, prefix: &str) -> Result<Vec<LogName>, StoreError> {
        let prefix = prefix.to_owned();
        self.run(move |session| session.logs(&prefix)).await
    }

    async fn import(&self, log: &LogName, entries: &[LogEntry]) -> Result<(), StoreError> {
        let (log, entries) = (log.clone(), entries.to_vec());
        self.run_writing(move |session| session.import(&log, &entries)).await
    }

    async fn objects(&self, after: Option<&SnapshotHash>, limit: usize) -> Result<Vec<StoredObject>, StoreError> {
        let after = after.copied();
        self.run(move |session| session.objects(after.as_ref(), limit)).await
    }

    async fn remove(&self, hashes: &[SnapshotHash], before: Timestamp) -> Result<Vec<SnapshotHash>, StoreError> {
        let hashes = hashes.to_vec();
        self.run_writing(move |session| session.remove(&hashes, before)).await
    }

    async fn put_all(&self, snapshots: &[SchemaSnapshot]) -> Result<Vec<SnapshotHash>, StoreError> {
        let snapshots = snapshots.to_vec();
        self.run_writing(move |session| session.put_all(&snapshots)).await
    }

    async fn append_all(&self, appends: Vec<Append>) -> Vec<Result<LogEntry, StoreError>> {
        let count = appends.len();
        match self.run_writing(move |session| session.append_all(appends)).await {
            Ok(answers) => answers,
            Err(error) => vec![Err(error); count],
        }
    }

    async fn last_entries(&self, logs: &[LogName]) -> Result<Vec<Option<LogEntry>>, StoreError> {
        let logs = logs.to_vec();
        self.run(move |session| session.last_entries(&logs)).await
    }
}
