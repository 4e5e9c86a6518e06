//! Moving a ref, in two steps: what the move would be, and doing it. In between stand the gate and, where the ref goes
//! back to what it was before, a person; whoever else moves the ref meanwhile makes the second step fail.

use schema_sync_store::{
    EntryHash, Event, LogEntry, LogName, LogRange, ObjectId, SchemaSnapshot, SnapshotHash, StoreError,
};

use super::connect;
use super::registry::{Blessing, Registry, RegistryError, check_ref_name};
use super::walk::{PAGE_ENTRIES, Walk};

/// A move of a ref that is not yet made.
#[derive(Debug, Clone)]
pub struct Proposal {
    name: String,
    log: LogName,
    hash: SnapshotHash,
    last: Option<LogEntry>,
    /// The newest entry before the last one that names the same snapshot: the ref would go back.
    pub earlier: Option<LogEntry>,
    /// The objects that have no model, so that no plan could ever make, change or drop them.
    pub unmodelled: Vec<ObjectId>,
}

impl Proposal {
    /// The snapshot that the ref names now.
    #[must_use]
    pub fn before(&self) -> Option<SnapshotHash> {
        self.last.as_ref().and_then(|entry| entry.snapshot)
    }

    /// Checks that the ref names this snapshot now.
    ///
    /// # Errors
    /// `RefMoved` where it does not.
    pub fn expect(&self, expected: SnapshotHash) -> Result<(), RegistryError> {
        if self.before() == Some(expected) {
            return Ok(());
        }
        Err(RegistryError::RefMoved { name: self.name.clone(), expected, found: self.before() })
    }

    /// Checks what must be true of every snapshot that tenants are to become.
    ///
    /// # Errors
    /// `Unmodelled`, with the objects.
    pub fn gate(&self) -> Result<(), RegistryError> {
        if self.unmodelled.is_empty() {
            return Ok(());
        }
        Err(RegistryError::Unmodelled { name: self.name.clone(), objects: self.unmodelled.clone() })
    }
}

impl Registry {
    /// What it would be to move a ref to this snapshot. Nothing is written.
    ///
    /// # Errors
    /// A name that no ref can have, and what the store answers.
    pub async fn propose(&self, name: &str, snapshot: &SchemaSnapshot) -> Result<Proposal, RegistryError> {
        let mut proposal = self.propose_hash(name, snapshot.hash()).await?;
        if let Some(dialect) = connect::dialect(snapshot.dialect()) {
            let objects = snapshot.objects().iter().map(|object| &object.id);
            proposal.unmodelled = objects.filter(|id| dialect.kind(&id.kind).is_none()).cloned().collect();
        }
        if proposal.before() != Some(snapshot.hash()) {
            proposal.earlier = self.find_earlier(&proposal).await?;
        }
        Ok(proposal)
    }

    async fn propose_hash(&self, name: &str, hash: SnapshotHash) -> Result<Proposal, RegistryError> {
        check_ref_name(name)?;
        let log = LogName::reference(name).map_err(StoreError::from)?;
        let last = self.store().last_entry(&log).await?;
        Ok(Proposal { name: name.to_owned(), log, hash, last, earlier: None, unmodelled: Vec::new() })
    }

    async fn find_earlier(&self, proposal: &Proposal) -> Result<Option<LogEntry>, RegistryError> {
        let mut walk = Walk::new(self.store(), &proposal.log, LogRange::last(PAGE_ENTRIES));
        loop {
            let page = walk.next_page().await?;
            if page.is_empty() {
                return Ok(None);
            }
            if let Some(entry) = page.into_iter().find(|entry| entry.snapshot == Some(proposal.hash)) {
                return Ok(Some(entry));
            }
        }
    }

    /// Moves the ref as proposed, if nobody moved it since. Nothing is written where it is there already.
    ///
    /// # Errors
    /// What the store answers; a `Conflict` means that somebody else moved it.
    pub async fn accept(&self, proposal: Proposal, note: Option<String>) -> Result<Blessing, RegistryError> {
        let before = proposal.before();
        let Proposal { log, hash, last, .. } = proposal;
        if let (Some(entry), true) = (&last, before == Some(hash)) {
            return Ok(Blessing { before, entry: entry.clone(), moved: false });
        }
        let expected: Option<EntryHash> = last.map(|entry| entry.hash);
        let entry = self.entry(Event::BLESSED).snapshot(hash).note(note);
        let entry = self.store().append(&log, expected.as_ref(), entry).await?;
        Ok(Blessing { before, entry, moved: true })
    }

    /// Moves a ref to a snapshot of the store, whatever it is and whatever the ref was. Nothing is written where it is
    /// there already.
    ///
    /// # Errors
    /// A name that no ref can have, and what the store answers; a `Conflict` means that somebody else moved it just now.
    pub async fn bless(&self, name: &str, hash: SnapshotHash, note: Option<String>) -> Result<Blessing, RegistryError> {
        let proposal = self.propose_hash(name, hash).await?;
        self.accept(proposal, note).await
    }
}
