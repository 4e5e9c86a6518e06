//! Many entries on their way into their logs: commits that are written one after the other, and branches that are moved
//! together at the end.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use git2::{ObjectType, Oid};
use jiff::Timestamp;

use super::branch;
use super::commit::commit_bytes;
use super::index::{Changes, Entries, Kept};
use super::lock::WriteLock;
use super::objects::{Objects, fresh_from};
use super::reader;
use super::refs::RefUpdate;
use super::session::Session;
use super::summary::{Before, summary};
use super::writer::Writer;
use crate::{Append, LogEntry, LogName, LogNameError, SchemaSnapshot, SnapshotHash, StoreError};

/// The file of an entry's tree.
const FILE: &str = "schema.ndjson";
const FILE_MODE: i32 = 0o100_644;
const SUMMARIES_MAX: usize = 10_000;

/// A log that grows.
#[derive(Debug, Default)]
struct Growing {
    /// The name of its branch, behind the area.
    branch: String,
    /// Where its branch is.
    here: Option<Oid>,
    /// Its last commit, on the disk or not yet.
    commit: Option<Oid>,
    /// The tree and the snapshot's blob of that commit.
    tree: Option<(Oid, Option<Oid>)>,
    last: Option<LogEntry>,
    /// Which answers are about it.
    answers: Vec<usize>,
}

/// Entries on their way.
pub(super) struct Appending<'s, 'r> {
    session: &'s Session<'r>,
    writer: Writer<'r>,
    index: Objects<'r>,
    named: Changes,
    logs: BTreeMap<LogName, Growing>,
    branches: Option<BTreeSet<String>>,
    summaries: HashMap<(String, Option<Oid>, Oid), String>,
}

impl<'s, 'r> Appending<'s, 'r> {
    pub(super) fn new(session: &'s Session<'r>, writer: Writer<'r>) -> Result<Self, StoreError> {
        Ok(Self {
            session,
            writer,
            index: session.index()?,
            named: Changes::new(),
            logs: BTreeMap::new(),
            branches: None,
            summaries: HashMap::new(),
        })
    }

    fn store(&self) -> String {
        self.session.location.to_owned()
    }

    fn growing(&mut self, log: &LogName) -> Result<&mut Growing, StoreError> {
        if !self.logs.contains_key(log) {
            let tip = self.session.tip(log)?;
            let mut growing = Growing { branch: tip.branch, here: tip.here, commit: tip.commit, ..Growing::default() };
            if let Some(id) = tip.commit {
                growing.last = Some(self.session.entry(log, id)?.0);
                growing.tree = Some(self.tree_of(log, id)?);
            }
            self.logs.insert(log.clone(), growing);
        }
        Ok(self.logs.entry(log.clone()).or_default())
    }

    fn tree_of(&self, log: &LogName, commit: Oid) -> Result<(Oid, Option<Oid>), StoreError> {
        let (repository, location) = (self.session.repository, self.session.location);
        let what = || log.to_string();
        let tree = reader::commit(repository, location, commit, &what)?.tree;
        let files = reader::tree(repository, location, tree, &what)?;
        Ok((tree, files.iter().find(|entry| entry.name == FILE.as_bytes()).map(|entry| entry.id)))
    }

    /// Writes the entry that follows in its log, which `answer` is about.
    pub(super) fn append(&mut self, append: Append, answer: usize) -> Result<LogEntry, StoreError> {
        let Append { log, expected, entry } = append;
        let store = self.store();
        let last = self.growing(&log)?.last.as_ref();
        let found = last.map(|last| last.hash);
        if found != expected {
            return Err(StoreError::Conflict { store, log, expected, found });
        }
        let entry = LogEntry::following(&log, last, Timestamp::now(), entry).map_err(|error| StoreError::Entry {
            store,
            log: log.clone(),
            error,
        })?;
        self.write(entry.clone(), answer)?;
        Ok(entry)
    }

    /// Writes an entry that follows in its log, as it is.
    pub(super) fn write(&mut self, entry: LogEntry, answer: usize) -> Result<(), StoreError> {
        let log = entry.log.clone();
        let blob = entry.snapshot.map(|hash| self.name(&hash)).transpose()?;
        let growing = self.growing(&log)?;
        let (parent, before) = (growing.commit, growing.tree);
        if parent.is_none() {
            let branch = self.new_branch(&log)?;
            self.growing(&log)?.branch = branch;
        }
        let tree = match (blob, before) {
            (Some(blob), _) => (self.writer.tree(&Entries::from([(FILE.into(), (FILE_MODE, blob))]))?, Some(blob)),
            (None, Some(before)) => before,
            (None, None) => (self.writer.tree(&Entries::new())?, None),
        };
        let summary = self.summary(&entry, before.and_then(|(_, blob)| blob), blob)?;
        let commit = self.writer.commit(&commit_bytes(&entry, &summary, tree.0, parent))?;
        let growing = self.growing(&log)?;
        growing.commit = Some(commit);
        growing.tree = Some(tree);
        growing.last = Some(entry);
        growing.answers.push(answer);
        Ok(())
    }

    /// Notes that an entry names an object, which must be there; answers its blob.
    fn name(&mut self, hash: &SnapshotHash) -> Result<Oid, StoreError> {
        if let Some(Some(kept)) = self.named.get(hash) {
            return Ok(kept.blob);
        }
        let kept = self.index.get(hash)?.ok_or_else(|| StoreError::NotFound { store: self.store(), hash: *hash })?;
        if kept.stored < fresh_from() {
            self.named.insert(*hash, Some(Kept { stored: Timestamp::now(), ..kept }));
        }
        Ok(kept.blob)
    }

    /// The name of a new log's branch.
    fn new_branch(&mut self, log: &LogName) -> Result<String, StoreError> {
        if self.branches.is_none() {
            self.branches = Some(self.session.branches()?);
        }
        let Some(branches) = &mut self.branches else { return Ok(log.to_string()) };
        let mut name = log.to_string();
        if branch::is_taken(&name, branches) {
            name = branch::aside(log).ok_or(LogNameError::TooLong { name })?;
        }
        branches.insert(name.clone());
        Ok(name)
    }

    fn summary(&mut self, entry: &LogEntry, before: Option<Oid>, after: Option<Oid>) -> Result<String, StoreError> {
        let Some(after) = after else { return Ok(summary(entry, &Before::Nothing, None)) };
        let key = (entry.event.to_string(), before, after);
        if let Some(known) = self.summaries.get(&key) {
            return Ok(known.clone());
        }
        let last = before.map(|blob| self.snapshot(blob));
        let before = match &last {
            None => Before::Nothing,
            Some(None) => Before::Unknown,
            Some(Some(snapshot)) => Before::Snapshot(snapshot),
        };
        let after = self.snapshot(after);
        let text = summary(entry, &before, after.as_ref());
        if self.summaries.len() >= SUMMARIES_MAX {
            self.summaries.clear();
        }
        self.summaries.insert(key, text.clone());
        Ok(text)
    }

    /// A snapshot for a summary, which does not fail where one cannot be read.
    fn snapshot(&mut self, blob: Oid) -> Option<SchemaSnapshot> {
        let session = self.session;
        if let Some(known) = session.recent.get(blob) {
            return Some(known);
        }
        let read = reader::read(session.repository, session.location, ObjectType::Blob, blob, &String::new);
        let snapshot = SchemaSnapshot::from_bytes(&read.ok()?).ok()?;
        session.recent.add(blob, &snapshot);
        Some(snapshot)
    }

    /// Moves the branches. Where one was not where it was thought to be, its answers become `Conflict`.
    pub(super) fn finish(
        mut self,
        lock: &mut WriteLock,
        answers: &mut [Result<LogEntry, StoreError>],
    ) -> Result<(), StoreError> {
        if !self.named.is_empty() {
            let said = format!("{} named", self.named.len());
            self.session.keep(lock, &mut self.writer, &self.named, &said)?;
        }
        self.writer.finish()?;
        let area = &self.session.areas[0];
        let mut updates = Vec::new();
        let mut grown = Vec::new();
        for (log, growing) in self.logs {
            if let (Some(new), false) = (growing.commit, growing.answers.is_empty()) {
                updates.push(RefUpdate { name: format!("{area}{}", growing.branch), old: growing.here, new });
                grown.push((log, growing.answers));
            }
        }
        if updates.is_empty() {
            return Ok(());
        }
        let moved = self.session.publish(lock, &updates)?;
        for ((log, places), _) in grown.into_iter().zip(moved).filter(|(_, moved)| !moved) {
            let found = self.session.last_entry(&log)?.map(|last| last.hash);
            for place in places {
                let expected = answers[place].as_ref().ok().and_then(|entry| entry.previous);
                let store = self.session.location.to_owned();
                answers[place] = Err(StoreError::Conflict { store, log: log.clone(), expected, found });
            }
        }
        Ok(())
    }
}
