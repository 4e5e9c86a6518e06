//! Snapshots under keys. An object that is put or named again when it is old gets a further copy under a key of its own,
//! instead of a new time under the old one. So an old key stays old: who removes objects deletes keys that were old when
//! they were listed, and can never hit what somebody else has put or named meanwhile, however late the deletion arrives.
//! For the same reason the first key is not used again once it was removed: two may be removing at the same time.

use jiff::{SignedDuration, Timestamp};

use super::{KeyedStore, Keys, Listed, layout};
use crate::packed::{pack, unpack};
use crate::{FRESH_HOURS, HashPrefix, SchemaSnapshot, SnapshotHash, StoreError, StoredObject};

/// Looking and appending are two requests here, so a copy counts as old early: what is named within the other half of
/// [`FRESH_HOURS`] cannot be removed in between.
const OLD_HOURS: i64 = FRESH_HOURS / 2;
/// How often a reader looks for another copy while those that it has seen are deleted.
const ATTEMPTS: usize = 4;

impl<K: Keys> KeyedStore<K> {
    pub(super) async fn put_object(&self, snapshot: &SchemaSnapshot) -> Result<(), StoreError> {
        let hash = snapshot.hash();
        let Copies { copies, was_removed } = self.copies(&hash).await?;
        if let Some(fresh) = copies.iter().find(|copy| is_fresh(copy)) {
            return self.keys.settle(&fresh.key).await;
        }
        let packed = pack(self.keys.location(), snapshot)?;
        if copies.is_empty() && !was_removed {
            self.keys.create(&layout::object(&hash), packed).await?;
            return Ok(());
        }
        self.copy_object(&hash, packed, copies).await
    }

    /// Makes sure that an object is there, and young enough to stay until an entry names it.
    pub(super) async fn name_object(&self, hash: &SnapshotHash) -> Result<(), StoreError> {
        let copies = self.copies(hash).await?.copies;
        if let Some(fresh) = copies.iter().find(|copy| is_fresh(copy)) {
            return self.keys.settle(&fresh.key).await;
        }
        let Some(packed) = self.bytes_of(hash).await? else { return Err(self.not_found(hash)) };
        // Nothing is done for bytes that are damaged, and their damage is better told now than when they are needed.
        unpack(self.keys.location(), hash, &packed)?;
        self.copy_object(hash, packed, copies).await
    }

    /// The first copy stays where readers look first; the others are of no use once there is a newer one.
    async fn copy_object(&self, hash: &SnapshotHash, packed: Vec<u8>, older: Vec<Listed>) -> Result<(), StoreError> {
        self.keys.create(&layout::copy(hash, Timestamp::now()), packed).await?;
        let first = layout::object(hash);
        for copy in older.iter().filter(|copy| copy.key != first) {
            // Who may not delete leaves one more, which harms nobody.
            let _ = self.keys.delete(&copy.key).await;
        }
        Ok(())
    }

    async fn copies(&self, hash: &SnapshotHash) -> Result<Copies, StoreError> {
        let mut copies = self.keys.list(&layout::object(hash), "", usize::MAX).await?;
        let removed = layout::removed(hash);
        let was_removed = copies.iter().any(|listed| listed.key == removed);
        copies.retain(|listed| layout::object_of(&listed.key) == Some(*hash));
        copies.sort_by_key(|copy| std::cmp::Reverse(copy.stored));
        Ok(Copies { copies, was_removed })
    }

    pub(super) async fn get_object(&self, hash: &SnapshotHash) -> Result<SchemaSnapshot, StoreError> {
        let packed = self.bytes_of(hash).await?.ok_or_else(|| self.not_found(hash))?;
        unpack(self.keys.location(), hash, &packed)
    }

    async fn bytes_of(&self, hash: &SnapshotHash) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(bytes) = self.keys.get(&layout::object(hash)).await? {
            return Ok(Some(bytes));
        }
        for _ in 0..ATTEMPTS {
            let Some(newest) = self.copies(hash).await?.copies.into_iter().next() else { return Ok(None) };
            if let Some(bytes) = self.keys.get(&newest.key).await? {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }

    pub(super) async fn find_objects(&self, prefix: &HashPrefix) -> Result<Vec<SnapshotHash>, StoreError> {
        let listed = self.keys.list(&layout::objects_of(prefix), "", usize::MAX).await?;
        let mut hashes: Vec<SnapshotHash> = listed.iter().filter_map(|listed| layout::object_of(&listed.key)).collect();
        hashes.dedup();
        Ok(hashes)
    }

    pub(super) async fn list_objects(
        &self,
        after: Option<&SnapshotHash>,
        limit: usize,
    ) -> Result<Vec<StoredObject>, StoreError> {
        let mut objects: Vec<StoredObject> = Vec::new();
        let mut behind = after.map(layout::behind_object).unwrap_or_default();
        // One object more than is asked for, as the last one may have a copy that is not listed yet.
        while objects.len() <= limit {
            let page = self.keys.list(layout::OBJECTS, &behind, limit.saturating_add(1)).await?;
            let Some(last) = page.last() else { break };
            behind.clone_from(&last.key);
            for Listed { key, stored, bytes } in page {
                let Some(hash) = layout::object_of(&key) else { continue };
                match objects.last_mut().filter(|object| object.hash == hash) {
                    Some(object) => {
                        object.stored = object.stored.max(stored);
                        object.bytes += bytes;
                    }
                    None => objects.push(StoredObject { hash, stored, bytes }),
                }
            }
        }
        objects.truncate(limit);
        Ok(objects)
    }

    /// Removes an object whose copies are all old. Where this ends in between, what is left is found again.
    pub(super) async fn remove_object(
        &self,
        hash: SnapshotHash,
        before: Timestamp,
    ) -> Result<Option<SnapshotHash>, StoreError> {
        let Copies { copies, was_removed } = self.copies(&hash).await?;
        if copies.is_empty() || copies.iter().any(|copy| copy.stored >= before) {
            return Ok(None);
        }
        if !was_removed {
            self.keys.create(&layout::removed(&hash), Vec::new()).await?;
        }
        for copy in copies {
            self.keys.delete(&copy.key).await?;
        }
        Ok(Some(hash))
    }

    fn not_found(&self, hash: &SnapshotHash) -> StoreError {
        StoreError::NotFound { store: self.name(), hash: *hash }
    }
}

/// What there is of an object.
struct Copies {
    /// The newest first.
    copies: Vec<Listed>,
    /// Whether somebody has removed the first one, or is just doing so.
    was_removed: bool,
}

fn is_fresh(copy: &Listed) -> bool {
    copy.stored >= Timestamp::now() - SignedDuration::from_hours(OLD_HOURS)
}
