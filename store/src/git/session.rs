//! What each call does on the repository while it has it. Checks what it reads: a commit that is not what was appended is
//! named and refused.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};

use git2::{ObjectType, Oid, Repository};
use jiff::{SignedDuration, Timestamp};

use super::appending::Appending;
use super::branch;
use super::commit::entry_of;
use super::failure::{corrupt, failure};
use super::index::{Changes, Index, Kept};
use super::lock::WriteLock;
use super::reader::{self, Commit};
use super::refs::{RefUpdate, move_refs, target};
use super::remote::Remote;
use super::repository::{HEADS, MARK, OBJECTS, check_mark};
use super::signature::signature;
use super::writer::Writer;
use crate::{Append, FRESH_HOURS, HashPrefix, LogEntry, LogName, LogRange, SchemaSnapshot, SnapshotHash};
use crate::{OpenMode, StoreError, StoredObject, check_import};

/// How often the index is written anew where others have moved it.
const ATTEMPTS: usize = 32;
/// Git objects of one snapshot or one entry, about.
const OBJECTS_EACH: usize = 2;

/// The repository while one call has it.
pub(super) struct Session<'a> {
    pub(super) repository: &'a Repository,
    pub(super) location: &'a str,
    /// What stands before the names of branches: first where they are moved, then where they are read as well.
    pub(super) areas: &'a [String],
    /// With whom the store is shared.
    pub(super) remote: Option<&'a Remote>,
}

/// Where a log ends.
#[derive(Debug, Clone, Default)]
pub(super) struct Tip {
    /// The name of its branch, behind the area.
    pub(super) branch: String,
    /// The branch that is moved; none where there is none yet.
    pub(super) here: Option<Oid>,
    /// The last commit, here or where the repository was cloned from.
    pub(super) commit: Option<Oid>,
}

impl<'a> Session<'a> {
    pub(super) fn failed(&self, error: &git2::Error) -> StoreError {
        failure(self.location, error)
    }

    pub(super) fn lock(&self) -> Result<WriteLock, StoreError> {
        WriteLock::take(self.repository.commondir(), self.location)
    }

    /// Brings here what the remote has now. One process at a time, as git programs get in each other's way.
    pub(super) fn fetch(&self) -> Result<(), StoreError> {
        let Some(remote) = self.remote else { return Ok(()) };
        let _lock = WriteLock::take(self.repository.commondir(), self.location)?;
        remote.fetch(self.repository, self.location)
    }

    /// Moves branches; answers which were where they were thought to be.
    pub(super) fn publish(&self, lock: &mut WriteLock, updates: &[RefUpdate]) -> Result<Vec<bool>, StoreError> {
        match self.remote {
            None => move_refs(self.repository, self.location, lock, updates),
            Some(remote) => {
                let moved = remote.push(self.repository, self.location, updates)?;
                if moved.contains(&false) {
                    remote.fetch(self.repository, self.location)?;
                }
                Ok(moved)
            }
        }
    }

    /// Refuses what is not a store. An empty remote becomes one, where a store is to be made.
    pub(super) fn check_store(&self, mode: OpenMode) -> Result<(), StoreError> {
        if let Some(remote) = self.remote {
            if self.repository.find_remote(remote.name()).is_err() {
                let reason = format!("the repository has no remote {}: `git remote add` makes one", remote.name());
                return Err(StoreError::Url { url: self.location.to_owned(), reason });
            }
            self.fetch()?;
            let here = target(self.repository, self.location, &format!("{HEADS}{MARK}"))?;
            if let (Some(new), OpenMode::Create, true) = (here, mode, self.branches()?.is_empty()) {
                let mut lock = self.lock()?;
                self.publish(&mut lock, &[RefUpdate { name: format!("{}{MARK}", self.areas[0]), old: None, new }])?;
            }
        }
        check_mark(self.repository, self.location, self.areas)?;
        self.remote.map_or(Ok(()), |remote| self.check_shared(remote))
    }

    /// Refuses to look away from what is in this repository alone.
    fn check_shared(&self, remote: &Remote) -> Result<(), StoreError> {
        let areas = [HEADS.to_owned()];
        let here = Session { repository: self.repository, location: self.location, areas: &areas, remote: None };
        for branch in here.branches()? {
            let (ours, theirs) = (here.tip_of(&branch)?.commit, self.tip_of(&branch)?.commit);
            let shared = match (ours, theirs) {
                (Some(ours), Some(theirs)) => ours == theirs || self.continues(theirs, ours)?,
                _ => branch != OBJECTS && branch::log_of(&branch).is_none(),
            };
            if !shared {
                let name = remote.name();
                let reason = format!(
                    "its branch {branch} has what the remote {name} does not have; nothing was changed: \
                     `git push {name} --all` shares it"
                );
                return Err(StoreError::Io { store: self.location.to_owned(), reason });
            }
        }
        Ok(())
    }

    /// Where a log ends, under whichever of its names there is a branch.
    pub(super) fn tip(&self, log: &LogName) -> Result<Tip, StoreError> {
        let tip = self.tip_of(log.as_str())?;
        if tip.commit.is_some() {
            return Ok(tip);
        }
        let aside = branch::aside(log).map(|branch| self.tip_of(&branch)).transpose()?;
        Ok(aside.filter(|aside| aside.commit.is_some()).unwrap_or(tip))
    }

    /// Of a branch here and the one that it was cloned from, the one that continues the other counts.
    fn tip_of(&self, branch: &str) -> Result<Tip, StoreError> {
        let mut ends = [None; 2];
        for (end, area) in ends.iter_mut().zip(self.areas) {
            *end = target(self.repository, self.location, &format!("{area}{branch}"))?;
        }
        let [here, there] = ends;
        let commit = match (here, there) {
            (Some(here), Some(there)) if here != there && self.continues(there, here)? => Some(there),
            _ => here.or(there),
        };
        Ok(Tip { branch: branch.to_owned(), here, commit })
    }

    /// Whether a commit comes after another one.
    fn continues(&self, commit: Oid, earlier: Oid) -> Result<bool, StoreError> {
        let (mut waiting, mut seen) = (VecDeque::from([commit]), HashSet::new());
        while let Some(id) = waiting.pop_front() {
            let parents = self.commit(id, &|| "a branch".to_owned())?.parents;
            if parents.contains(&earlier) {
                return Ok(true);
            }
            waiting.extend(parents.into_iter().filter(|parent| seen.insert(*parent)));
        }
        Ok(false)
    }

    fn commit(&self, id: Oid, what: &dyn Fn() -> String) -> Result<Commit, StoreError> {
        reader::commit(self.repository, self.location, id, what)
    }

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
        Err(super::lock::busy(self.location))
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

    pub(super) fn append(&self, append: Append) -> Result<LogEntry, StoreError> {
        let log = append.log.clone();
        let mut answers = self.append_all(vec![append])?;
        let nothing = || corrupt(self.location, log.as_str(), "nothing was appended");
        answers.pop().unwrap_or_else(|| Err(nothing()))
    }

    pub(super) fn append_all(&self, appends: Vec<Append>) -> Result<Vec<Result<LogEntry, StoreError>>, StoreError> {
        let mut lock = self.lock()?;
        let writer = Writer::new(self.repository, self.location, appends.len() * OBJECTS_EACH)?;
        let mut appending = Appending::new(self, writer)?;
        let mut answers = Vec::with_capacity(appends.len());
        for append in appends {
            let answer = appending.append(append, answers.len());
            match answer {
                Ok(_)
                | Err(
                    StoreError::Conflict { .. }
                    | StoreError::NotFound { .. }
                    | StoreError::Entry { .. }
                    | StoreError::LogName(_),
                ) => answers.push(answer),
                Err(error) => return Err(error),
            }
        }
        appending.finish(&mut lock, &mut answers)?;
        Ok(answers)
    }

    pub(super) fn import(&self, log: &LogName, entries: &[LogEntry]) -> Result<(), StoreError> {
        let mut lock = self.lock()?;
        check_import(self.location, log, self.last_entry(log)?.as_ref(), entries)?;
        let writer = Writer::new(self.repository, self.location, entries.len() * OBJECTS_EACH)?;
        let mut appending = Appending::new(self, writer)?;
        let mut answers = Vec::with_capacity(entries.len());
        for entry in entries {
            appending.write(entry.clone(), answers.len())?;
            answers.push(Ok(entry.clone()));
        }
        appending.finish(&mut lock, &mut answers)?;
        answers.into_iter().try_for_each(|answer| answer.map(drop))
    }

    /// The entry that a commit of this log keeps.
    pub(super) fn entry(&self, log: &LogName, id: Oid) -> Result<(LogEntry, Option<Oid>), StoreError> {
        let commit = self.commit(id, &|| log.to_string())?;
        Ok((entry_of(self.location, log, id, &commit)?, commit.parents.first().copied()))
    }

    pub(super) fn last_entry(&self, log: &LogName) -> Result<Option<LogEntry>, StoreError> {
        let commit = self.tip(log)?.commit;
        commit.map(|id| self.entry(log, id).map(|(entry, _)| entry)).transpose()
    }

    pub(super) fn last_entries(&self, logs: &[LogName]) -> Result<Vec<Option<LogEntry>>, StoreError> {
        logs.iter().map(|log| self.last_entry(log)).collect()
    }

    /// Checks every entry on the way, also those that the range leaves out, and that none is missing between them.
    pub(super) fn read(&self, log: &LogName, range: &LogRange) -> Result<Vec<LogEntry>, StoreError> {
        let mut entries: Vec<LogEntry> = Vec::new();
        let mut newer: Option<LogEntry> = None;
        let mut next = self.tip(log)?.commit;
        while entries.len() < range.limit {
            let found = next.map(|id| self.entry(log, id)).transpose()?;
            let (entry, parent) = found.map_or((None, None), |(entry, parent)| (Some(entry), parent));
            if let Some(newer) = &newer {
                let place = newer.check_place(entry.as_ref());
                place.map_err(|error| corrupt(self.location, log.as_str(), &error.to_string()))?;
            }
            let Some(entry) = entry else { break };
            if range.includes(&entry) {
                entries.push(entry.clone());
            }
            newer = Some(entry);
            next = parent;
        }
        Ok(entries)
    }

    /// The names of all branches, behind their areas, where there may be logs.
    pub(super) fn branches(&self) -> Result<BTreeSet<String>, StoreError> {
        let mut branches = BTreeSet::new();
        for area in self.areas {
            let mut found =
                self.repository.references_glob(&format!("{area}*")).map_err(|error| self.failed(&error))?;
            for name in found.names() {
                let name = name.map_err(|error| self.failed(&error))?;
                branches.extend(name.strip_prefix(area).map(str::to_owned));
            }
        }
        Ok(branches)
    }

    pub(super) fn logs(&self, prefix: &str) -> Result<Vec<LogName>, StoreError> {
        let branches = self.branches()?;
        let logs = branches.iter().filter_map(|branch| branch::log_of(branch));
        let logs: BTreeSet<LogName> = logs.filter(|log| log.as_str().starts_with(prefix)).collect();
        Ok(logs.into_iter().collect())
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
