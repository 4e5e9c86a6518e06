//! The objects of a store: put, found, listed and removed by way of their index, each version of which is a commit.

use std::collections::BTreeMap;

use git2::{ObjectType, Oid};
use jiff::{SignedDuration, Timestamp};

use super::failure::corrupt;
use super::index::{Changes, Index, Kept};
use super::lock::{WriteLock, busy};
use super::reader;
use super::refs::{RefUpdate, target};
use super::repository::OBJECTS;
use super::session::{OBJECTS_EACH, Session};
use super::signature::signature;
use super::writer::Writer;
use crate::{FRESH_HOURS, HashPrefix, SchemaSnapshot, SnapshotHash, StoreError, StoredObject};

/// How often the index is written anew where others have moved it.
const ATTEMPTS: usize = 32;

impl<'a> Session<'a> {
    /// The index of objects: here, and where the repository was cloned from as far as it is not part of the one here.
    pub(super) fn index(&self) -> Result<Objects<'a>, StoreError> {
        let mut versions = Vec::new();
        for (commit, _) in self.index_commits()? {
            versions.push(Index::read(self.repository, self.location, Some(commit))?);
        }
        Ok(Objects(versions))
    }

    /// The commits of the index that are not part of one another; whether it is the one here.
    fn index_commits(&self) -> Result<Vec<(Oid, bool)>, StoreError> {
        let mut commits: Vec<(Oid, bool)> = Vec::new();
        for (position, area) in self.areas.iter().enumerate() {
            let Some(found) = target(self.repository, self.location, &format!("{area}{OBJECTS}"))? else { continue };
            match commits.first() {
                Some((here, _)) if *here == found || self.continues(*here, found)? => {}
                _ => commits.push((found, position == 0)),
            }
        }
        Ok(commits)
    }

    /// Writes the index with these changes. What was only where the repository was cloned from comes here with them.
    pub(super) fn keep(
        &self,
        lock: &mut WriteLock,
        writer: &mut Writer<'_>,
        changes: &Changes,
        said: &str,
    ) -> Result<(), StoreError> {
        let takes_away = changes.values().any(Option::is_none);
        let name = format!("{}{OBJECTS}", self.areas[0]);
        for _ in 0..ATTEMPTS {
            let commits = self.index_commits()?;
            let here = commits.iter().find(|(_, here)| *here).map(|(commit, _)| *commit);
            let mut all = Changes::new();
            for (other, _) in commits.iter().skip(1) {
                let mut there = Index::read(self.repository, self.location, Some(*other))?;
                all.extend(there.all()?.into_iter().map(|(hash, kept)| (hash, Some(kept))));
            }
            all.extend(changes.iter().map(|(hash, kept)| (*hash, *kept)));
            let mut base = Index::read(self.repository, self.location, commits.first().map(|(commit, _)| *commit))?;
            let tree = base.change(writer, &all)?;
            let parents: Vec<Oid> = if takes_away && self.remote.is_none() {
                // Without what was before, so that git can forget it; but what it was cloned from stays part of it. A
                // remote may well refuse to forget.
                self.tracked_index()?.into_iter().collect()
            } else {
                commits.iter().map(|(commit, _)| *commit).collect()
            };
            let by = signature("schema-sync", Timestamp::now());
            let mut text = format!("tree {tree}\n");
            parents.iter().for_each(|parent| text.push_str(&format!("parent {parent}\n")));
            text.push_str(&format!("author {by}\ncommitter {by}\n\nobjects: {said}\n"));
            let new = writer.commit(text.as_bytes())?;
            writer.finish()?;
            if self.publish(lock, &[RefUpdate { name: name.clone(), old: here, new }])? == [true] {
                return Ok(());
            }
        }
        Err(busy(self.location))
    }

    fn tracked_index(&self) -> Result<Option<Oid>, StoreError> {
        let area = self.areas.get(1);
        area.map_or(Ok(None), |area| target(self.repository, self.location, &format!("{area}{OBJECTS}")))
    }

    pub(super) fn put_all(&self, snapshots: &[SchemaSnapshot]) -> Result<Vec<SnapshotHash>, StoreError> {
        let hashes: Vec<SnapshotHash> = snapshots.iter().map(SchemaSnapshot::hash).collect();
        let fresh = fresh_from();
        let mut index = self.index()?;
        let mut stale = BTreeMap::new();
        for (hash, snapshot) in hashes.iter().zip(snapshots) {
            if index.get(hash)?.is_none_or(|kept| kept.stored < fresh) {
                stale.insert(*hash, snapshot);
            }
        }
        if stale.is_empty() {
            return Ok(hashes);
        }
        let mut lock = self.lock()?;
        // Others may have put them, or removed them, before the lock was had.
        let mut index = self.index()?;
        let mut writer = Writer::new(self.repository, self.location, stale.len() * OBJECTS_EACH)?;
        let mut changes = Changes::new();
        for (hash, snapshot) in stale {
            let blob = match index.get(&hash)? {
                Some(kept) => kept.blob,
                None => writer.blob(&snapshot.to_bytes())?,
            };
            self.recent.add(blob, snapshot);
            changes.insert(hash, Some(Kept { blob, stored: Timestamp::now() }));
        }
        self.keep(&mut lock, &mut writer, &changes, &format!("{} put", changes.len()))?;
        Ok(hashes)
    }

    pub(super) fn get(&self, hash: &SnapshotHash) -> Result<SchemaSnapshot, StoreError> {
        let store = || self.location.to_owned();
        let kept = self.index()?.get(hash)?.ok_or_else(|| StoreError::NotFound { store: store(), hash: *hash })?;
        let what = || format!("snapshot {hash}");
        let bytes = reader::read(self.repository, self.location, ObjectType::Blob, kept.blob, &what)?;
        let found = SnapshotHash::of(&bytes);
        if found != *hash {
            return Err(corrupt(self.location, &what(), &format!("its bytes have the hash {found}")));
        }
        SchemaSnapshot::from_bytes(&bytes).map_err(|error| StoreError::Snapshot { store: store(), hash: *hash, error })
    }

    pub(super) fn find(&self, prefix: &HashPrefix) -> Result<Vec<SnapshotHash>, StoreError> {
        let (first, last) = prefix.bounds();
        Ok(self.index()?.range(&first, &last, usize::MAX)?.into_keys().collect())
    }

    pub(super) fn objects(&self, after: Option<&SnapshotHash>, limit: usize) -> Result<Vec<StoredObject>, StoreError> {
        let (first, last) = (SnapshotHash::from([0; 32]), SnapshotHash::from([0xff; 32]));
        let mut found = self.index()?.range(after.unwrap_or(&first), &last, limit.saturating_add(1))?;
        after.map(|after| found.remove(after));
        let object = |(hash, kept): (SnapshotHash, Kept)| {
            let bytes = reader::size(self.repository, self.location, kept.blob)?;
            Ok(StoredObject { hash, stored: kept.stored, bytes })
        };
        found.into_iter().take(limit).map(object).collect()
    }

    pub(super) fn remove(&self, hashes: &[SnapshotHash], before: Timestamp) -> Result<Vec<SnapshotHash>, StoreError> {
        let mut lock = self.lock()?;
        let mut index = self.index()?;
        let mut changes = Changes::new();
        let mut removed = Vec::new();
        for hash in hashes {
            if index.get(hash)?.is_some_and(|kept| kept.stored < before) && changes.insert(*hash, None).is_none() {
                removed.push(*hash);
            }
        }
        if !removed.is_empty() {
            let mut writer = Writer::new(self.repository, self.location, 0)?;
            self.keep(&mut lock, &mut writer, &changes, &format!("{} removed", removed.len()))?;
        }
        Ok(removed)
    }
}

/// What was stored before this is noted anew when it is put again or named.
pub(super) fn fresh_from() -> Timestamp {
    Timestamp::now().saturating_sub(SignedDuration::from_hours(FRESH_HOURS)).unwrap_or(Timestamp::MIN)
}

/// All versions of the index that hold something of their own.
pub(super) struct Objects<'r>(Vec<Index<'r>>);

impl Objects<'_> {
    pub(super) fn get(&mut self, hash: &SnapshotHash) -> Result<Option<Kept>, StoreError> {
        for version in &mut self.0 {
            if let Some(kept) = version.get(hash)? {
                return Ok(Some(kept));
            }
        }
        Ok(None)
    }

    fn range(
        &mut self,
        first: &SnapshotHash,
        last: &SnapshotHash,
        limit: usize,
    ) -> Result<BTreeMap<SnapshotHash, Kept>, StoreError> {
        let mut found = BTreeMap::new();
        for version in self.0.iter_mut().rev() {
            found.extend(version.range(first, last, limit)?);
        }
        Ok(found)
    }
}
