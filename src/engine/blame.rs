//! Blame: for each object of a snapshot, the entry of a log that brought its present form. Walks from the newest entry
//! to the oldest, reads each distinct snapshot once, and ends as soon as nothing is left to tell.

use std::collections::HashMap;
use std::sync::Arc;

use schema_sync_store::{LogEntry, LogRange, Object, ObjectId, SchemaSnapshot, SnapshotHash};

use super::history::ObjectName;
use super::registry::{Registry, RegistryError};
use super::revision::{Moment, Subject};
use super::walk::{PAGE_ENTRIES, Walk};

/// Who brought what.
#[derive(Debug, Clone, PartialEq)]
pub struct Blame {
    /// The snapshot whose objects these are.
    pub hash: SnapshotHash,
    /// Each object with the entry that brought its form, sorted as in the snapshot.
    pub objects: Vec<(ObjectId, Arc<LogEntry>)>,
}

/// A search for those who brought something, while it runs.
struct Search<'a> {
    /// The objects whose present forms are looked for.
    objects: Vec<&'a Object>,
    brought: Vec<Option<Arc<LogEntry>>>,
    /// Of each snapshot that was read: which of the objects it has in their present forms.
    same: HashMap<SnapshotHash, Vec<bool>>,
    /// The oldest entry so far; all objects that are still looked for have their present forms in it.
    oldest: Arc<LogEntry>,
}

impl Registry {
    /// The entries that brought the forms that objects had in a log at some moment: of all objects, or of those named.
    ///
    /// # Errors
    /// What the store answers; `UnknownObject` where the snapshot has no object of that name.
    pub async fn blame(
        &self,
        subject: &Subject,
        moment: Moment,
        object: Option<&ObjectName>,
    ) -> Result<Blame, RegistryError> {
        let (newest, hash) = self.entry_of(subject, moment).await?;
        let snapshot = self.get(&hash).await?;
        let objects: Vec<&Object> = snapshot
            .objects()
            .iter()
            .filter(|candidate| object.is_none_or(|object| object.selects(&candidate.id)))
            .collect();
        if let (Some(object), true) = (object, objects.is_empty()) {
            return Err(object.unknown(subject, Some(&snapshot)));
        }
        let log = newest.log.clone();
        let range = LogRange::last(PAGE_ENTRIES).before(newest.sequence);
        let brought = vec![None; objects.len()];
        let same = HashMap::from([(hash, vec![true; objects.len()])]);
        let mut search = Search { objects, brought, same, oldest: Arc::new(newest) };
        let mut walk = Walk::new(self.store(), &log, range);
        while search.brought.iter().any(Option::is_none) {
            let page = walk.next_page().await?;
            if page.is_empty() {
                break;
            }
            for entry in page {
                if let Some(hash) = entry.snapshot {
                    search.take(self, entry, hash).await?;
                }
            }
        }
        Ok(search.end(hash))
    }
}

impl Search<'_> {
    async fn take(&mut self, registry: &Registry, entry: LogEntry, hash: SnapshotHash) -> Result<(), RegistryError> {
        if self.oldest.snapshot != Some(hash) && self.brought.iter().any(Option::is_none) {
            if !self.same.contains_key(&hash) {
                let same = self.compare(&registry.get(&hash).await?);
                self.same.insert(hash, same);
            }
            let same = self.same.get(&hash).map_or(&[][..], Vec::as_slice);
            for (brought, same) in self.brought.iter_mut().zip(same) {
                if brought.is_none() && !same {
                    *brought = Some(Arc::clone(&self.oldest));
                }
            }
        }
        self.oldest = Arc::new(entry);
        Ok(())
    }

    fn compare(&self, snapshot: &SchemaSnapshot) -> Vec<bool> {
        let is_same =
            |object: &&Object| snapshot.get(&object.id).is_some_and(|other| other.attributes == object.attributes);
        self.objects.iter().map(is_same).collect()
    }

    fn end(self, hash: SnapshotHash) -> Blame {
        let oldest = self.oldest;
        let brought = self.brought.into_iter().map(|entry| entry.unwrap_or_else(|| Arc::clone(&oldest)));
        Blame { hash, objects: self.objects.iter().map(|object| object.id.clone()).zip(brought).collect() }
    }
}
