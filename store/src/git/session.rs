//! The repository while one call has it: where branches end, the logs that are on them, and moving them here or at the
//! remote. Checks what it reads: a commit that is not what was appended is named and refused.

use std::collections::{BTreeSet, HashSet, VecDeque};

use git2::{Oid, Repository};

use super::appending::Appending;
use super::branch;
use super::commit::entry_of;
use super::failure::{corrupt, failure};
use super::lock::WriteLock;
use super::reader::{self, Commit};
use super::recent::RecentSnapshots;
use super::refs::{RefUpdate, move_refs, target};
use super::remote::Remote;
use super::repository::{HEADS, MARK, OBJECTS, check_mark};
use super::writer::Writer;
use crate::{Append, LogEntry, LogName, LogRange, OpenMode, StoreError, check_import};

/// Git objects of one snapshot or one entry, about.
pub(super) const OBJECTS_EACH: usize = 2;

/// The repository while one call has it.
pub(super) struct Session<'a> {
    pub(super) repository: &'a Repository,
    pub(super) location: &'a str,
    /// What stands before the names of branches: first where they are moved, then where they are read as well.
    pub(super) areas: &'a [String],
    /// With whom the store is shared.
    pub(super) remote: Option<&'a Remote>,
    pub(super) recent: &'a RecentSnapshots,
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
        let here = Session { areas: &areas, remote: None, ..*self };
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
    pub(super) fn continues(&self, commit: Oid, earlier: Oid) -> Result<bool, StoreError> {
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
