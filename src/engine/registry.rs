//! The registry: what people do with a store alone. Refs, histories, and the snapshots behind them. Knows no database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use schema_sync_store::{
    Event, LogEntry, LogName, LogRange, NewEntry, ObjectId, SchemaSnapshot, SnapshotHash, SnapshotStore, StoreError,
};

use super::revision::{Moment, Revision, Subject};
use super::suggest;

/// The ref that is meant where no other is named.
pub const BLESSED: &str = "blessed";
/// Entries that are read at once while one with a snapshot is looked for.
const PAGE_ENTRIES: usize = 64;
/// How long a snapshot that was put counts as being there: much shorter than what is not named may lie in a store.
const KEPT_FOR: Duration = Duration::from_secs(3_600);
/// How often an append is tried again behind another one that came first.
pub(super) const APPEND_TRIES_MAX: usize = 16;

/// What is wrong with a name that was to be looked up or given.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such ref.
    #[error("there is no ref or snapshot `{name}` in {store}{}", suggest::did_you_mean(.similar.as_deref()))]
    UnknownRef {
        /// What was typed.
        name: String,
        /// The store.
        store: String,
        /// The ref whose name is nearest.
        similar: Option<String>,
    },
    /// The tenant has no history.
    #[error("tenant {name} was never captured into {store}{}", suggest::did_you_mean(.similar.as_deref()))]
    UnknownTenant {
        /// What was typed.
        name: String,
        /// The store.
        store: String,
        /// The tenant whose name is nearest.
        similar: Option<String>,
    },
    /// A short name that several fleets have.
    #[error("`{name}` is the name of several tenants: {}; write the full name", .candidates.join(", "))]
    AmbiguousTenant {
        /// What was typed.
        name: String,
        /// The full names.
        candidates: Vec<String>,
    },
    /// The log does not go back that far.
    #[error("{subject} has nothing {moment}: it begins at {begins}")]
    NoSuchEntry {
        /// The ref or tenant.
        subject: String,
        /// What was asked for: `2 entries before the last`.
        moment: String,
        /// When its first entry was appended.
        begins: String,
    },
    /// No snapshot has such an object.
    #[error("{place} has no object {name}{}", suggest::did_you_mean(.similar.as_deref()))]
    UnknownObject {
        /// What was typed.
        name: String,
        /// The log, or the ref or tenant at some moment.
        place: String,
        /// The object whose name is nearest.
        similar: Option<String>,
    },
    /// A ref does not name what it is expected to name.
    #[error("{name} is not {} as expected: it is {}; nothing was changed", .expected.short(),
        .found.map_or_else(|| "not there".to_owned(), |found| found.short()))]
    RefMoved {
        /// The ref.
        name: String,
        /// What it should have named.
        expected: SnapshotHash,
        /// What it names.
        found: Option<SnapshotHash>,
    },
    /// A snapshot with objects that no plan can make, change or drop.
    #[error("{name} was not moved: the snapshot has {} that schema-sync has no model for:{}",
        if .objects.len() == 1 { "an object" } else { "objects" },
        .objects.iter().map(|id| format!("\n  {id}")).collect::<String>())]
    Unmodelled {
        /// The ref.
        name: String,
        /// The objects.
        objects: Vec<ObjectId>,
    },
    /// A text that would be understood otherwise when typed as a revision.
    #[error("`{name}` cannot name a ref: {reason}")]
    RefName {
        /// What was typed.
        name: String,
        /// Why not.
        reason: &'static str,
    },
}

/// A move of a ref.
#[derive(Debug, Clone)]
pub struct Blessing {
    /// The snapshot that the ref named before.
    pub before: Option<SnapshotHash>,
    /// The entry that names the new one.
    pub entry: LogEntry,
    /// Whether the ref had to be moved at all.
    pub moved: bool,
}

/// Refs and histories of one store, written by one author.
#[derive(Clone)]
pub struct Registry {
    store: Arc<dyn SnapshotStore>,
    author: String,
    /// Snapshots that the store was seen to hold, and when. A fleet shares few, and asking for each tenant anew costs.
    kept: Arc<Mutex<HashMap<SnapshotHash, Instant>>>,
}

impl Registry {
    /// The registry in this store; what is appended is signed by `author`.
    pub fn new(store: Arc<dyn SnapshotStore>, author: impl Into<String>) -> Self {
        Self { store, author: author.into(), kept: Arc::default() }
    }

    pub(super) fn signed_by(self, author: String) -> Self {
        Self { author, ..self }
    }

    /// The store itself.
    #[must_use]
    pub fn store(&self) -> &dyn SnapshotStore {
        self.store.as_ref()
    }

    /// Keeps snapshots in the store, asking it only for those that it was not seen to hold within [`KEPT_FOR`].
    pub(super) async fn keep(&self, snapshots: &[&SchemaSnapshot]) -> Result<(), StoreError> {
        let kept = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new =
            |snapshot: &&&SchemaSnapshot| kept().get(&snapshot.hash()).is_none_or(|seen| seen.elapsed() > KEPT_FOR);
        let new: Vec<SchemaSnapshot> = snapshots.iter().filter(is_new).map(|snapshot| (*snapshot).clone()).collect();
        if !new.is_empty() {
            let hashes = self.store.put_all(&new).await?;
            kept().extend(hashes.into_iter().map(|hash| (hash, Instant::now())));
        }
        Ok(())
    }

    pub(super) fn entry(&self, event: Event) -> NewEntry {
        NewEntry::new(event, self.author.clone())
    }

    /// All refs with their last entries, sorted by name.
    ///
    /// # Errors
    /// What the store answers.
    pub async fn refs(&self) -> Result<Vec<(String, LogEntry)>, RegistryError> {
        let logs = self.store.logs("refs/").await?;
        let entries = self.store.last_entries(&logs).await?;
        let named = logs.iter().zip(entries).filter_map(|(log, entry)| Some((log.reference_name()?, entry?)));
        Ok(named.collect())
    }

    /// The full names of all tenants that have a history, sorted.
    ///
    /// # Errors
    /// What the store answers.
    pub async fn tenants(&self) -> Result<Vec<String>, RegistryError> {
        let logs = self.store.logs("tenants/").await?;
        Ok(logs.iter().filter_map(LogName::tenant_name).collect())
    }

    /// All tenants that have a history with the last entries of it, sorted.
    ///
    /// # Errors
    /// What the store answers.
    pub async fn tenants_recorded(&self) -> Result<Vec<(String, LogEntry)>, RegistryError> {
        let logs = self.store.logs("tenants/").await?;
        let entries = self.store.last_entries(&logs).await?;
        let named = logs.iter().zip(entries).filter_map(|(log, entry)| Some((log.tenant_name()?, entry?)));
        Ok(named.collect())
    }

    /// The log that a ref's or a tenant's name means, which has at least one entry.
    ///
    /// # Errors
    /// Names that mean nothing, with the nearest that does, and short names that several fleets have.
    pub async fn log_of(&self, subject: &Subject) -> Result<LogName, RegistryError> {
        let log = match subject {
            Subject::Ref(name) => LogName::reference(name),
            Subject::Tenant(name) => LogName::tenant(name),
        };
        let log = log.map_err(StoreError::from)?;
        if self.store.last_entry(&log).await?.is_some() {
            return Ok(log);
        }
        let store = self.store.location().to_owned();
        match subject {
            Subject::Ref(name) => {
                let names: Vec<String> = self.refs().await?.into_iter().map(|(name, _)| name).collect();
                let similar = suggest::nearest(name, &names);
                Err(RegistryError::UnknownRef { name: name.clone(), store, similar })
            }
            Subject::Tenant(name) => {
                let full = pick_tenant(name, &self.tenants().await?).map_err(|miss| {
                    miss.into_error(name, |name, similar| RegistryError::UnknownTenant { name, store, similar })
                })?;
                Ok(LogName::tenant(&full).map_err(StoreError::from)?)
            }
        }
    }

    /// The snapshot's hash that an entry of a log names. Entries that name no snapshot are passed over, uncounted.
    ///
    /// # Errors
    /// Names that mean nothing, and logs that do not go back that far.
    pub async fn hash_of(&self, subject: &Subject, moment: Moment) -> Result<SnapshotHash, RegistryError> {
        Ok(self.entry_of(subject, moment).await?.1)
    }

    /// The entry that is meant, and the snapshot that it names.
    pub(super) async fn entry_of(
        &self,
        subject: &Subject,
        moment: Moment,
    ) -> Result<(LogEntry, SnapshotHash), RegistryError> {
        let log = self.log_of(subject).await?;
        let (mut to_skip, mut range) = match moment {
            Moment::Back(count) => (count, LogRange::last(PAGE_ENTRIES)),
            Moment::At(time) => (0, LogRange::last(PAGE_ENTRIES).as_of(time)),
        };
        loop {
            let page = self.store.read(&log, range).await?;
            for entry in &page {
                let Some(hash) = entry.snapshot else { continue };
                if to_skip == 0 {
                    return Ok((entry.clone(), hash));
                }
                to_skip -= 1;
            }
            match page.last() {
                Some(oldest) if oldest.sequence > 1 => range = range.before(oldest.sequence),
                _ => return Err(self.no_such_entry(&log, subject, moment).await?),
            }
        }
    }

    async fn no_such_entry(
        &self,
        log: &LogName,
        subject: &Subject,
        moment: Moment,
    ) -> Result<RegistryError, RegistryError> {
        let first = self.store.read(log, LogRange::last(1).before(2)).await?.pop();
        let moment = match moment {
            Moment::Back(count) => format!("{count} entries before the last"),
            Moment::At(time) => format!("at {time}"),
        };
        let begins = first.map(|entry| entry.time.to_string()).unwrap_or_default();
        Ok(RegistryError::NoSuchEntry { subject: subject.to_string(), moment, begins })
    }

    /// The newest snapshot that a log names; none where it names none.
    pub(super) async fn last_snapshot(&self, log: &LogName) -> Result<Option<SchemaSnapshot>, RegistryError> {
        let page = self.store.read(log, LogRange::last(PAGE_ENTRIES)).await?;
        match page.iter().find_map(|entry| entry.snapshot) {
            Some(hash) => Ok(Some(self.get(&hash).await?)),
            None => Ok(None),
        }
    }

    /// The one snapshot whose hash begins so; a ref of that name where none does.
    ///
    /// # Errors
    /// Prefixes of several snapshots, with all of them, and of none.
    pub async fn hash_beginning(&self, prefix: &schema_sync_store::HashPrefix) -> Result<SnapshotHash, RegistryError> {
        let candidates = self.store.find(prefix).await?;
        let store = self.store.location().to_owned();
        match candidates.as_slice() {
            [hash] => Ok(*hash),
            [] => Err(StoreError::Unknown { store, prefix: prefix.clone() }.into()),
            _ => Err(StoreError::Ambiguous { store, prefix: prefix.clone(), candidates }.into()),
        }
    }

    /// The snapshot of this hash.
    ///
    /// # Errors
    /// What the store answers.
    pub async fn get(&self, hash: &SnapshotHash) -> Result<SchemaSnapshot, RegistryError> {
        Ok(self.store.get(hash).await?)
    }
}

/// A ref must be understood as such when its name is typed as a revision.
pub(super) fn check_ref_name(name: &str) -> Result<(), RegistryError> {
    let refuse = |reason| Err(RegistryError::RefName { name: name.to_owned(), reason });
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/');
    if !name.bytes().all(plain) {
        return refuse("letters, digits and `-_./` make one");
    }
    match name.parse() {
        Ok(Revision::Logged(Subject::Ref(_), Moment::Back(0))) => Ok(()),
        Ok(Revision::Hash(_)) => refuse("it would be taken for the beginning of a hash"),
        Ok(_) => refuse("it would be taken for another sort of revision"),
        Err(_) => refuse("it is no revision"),
    }
}

/// Why a tenant's name means none.
pub(super) enum Miss {
    None(Option<String>),
    Several(Vec<String>),
}

impl Miss {
    pub(super) fn into_error(
        self,
        name: &str,
        unknown: impl FnOnce(String, Option<String>) -> RegistryError,
    ) -> RegistryError {
        match self {
            Self::None(similar) => unknown(name.to_owned(), similar),
            Self::Several(candidates) => RegistryError::AmbiguousTenant { name: name.to_owned(), candidates },
        }
    }
}

/// The full name that a full or short name means.
pub(super) fn pick_tenant(name: &str, full_names: &[String]) -> Result<String, Miss> {
    if full_names.iter().any(|full| full == name) {
        return Ok(name.to_owned());
    }
    let short = |full: &String| full.split_once('/').is_some_and(|(_, short)| short == name);
    let mut candidates: Vec<String> = full_names.iter().filter(|full| short(full)).cloned().collect();
    match candidates.len() {
        0 => Err(Miss::None(suggest::nearest(name, full_names))),
        1 => Ok(candidates.remove(0)),
        _ => Err(Miss::Several(candidates)),
    }
}
