//! Logs under keys. An entry's key is its place, so whoever creates the key has appended, and nobody else has. The entry
//! that is found at a place is always checked to be the one that belongs there.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::{Creation, KeyedStore, Keys, all_of, layout};
use crate::{Append, EntryHash, LogEntry, LogName, LogRange, SnapshotHash, StoreError, check_import};

impl<K: Keys> KeyedStore<K> {
    /// The sequence number of a log's newest entry before this one.
    async fn newest(&self, log: &LogName, before: Option<u64>) -> Result<Option<u64>, StoreError> {
        // Entries are numbered from 1, so a key of number 0 could stand behind none of them.
        let after = before.map(|before| layout::entry(log, before)).unwrap_or_default();
        let Some(first) = self.keys.list(&layout::entries(log), &after, 1).await?.pop() else { return Ok(None) };
        match layout::sequence_of(log, &first.key) {
            Some(sequence) => Ok(Some(sequence)),
            None => Err(self.corrupt(log, format!("`{}` is no entry", first.key))),
        }
    }

    async fn entry(&self, log: &LogName, sequence: u64) -> Result<LogEntry, StoreError> {
        let what = || format!("entry {sequence} of {log}");
        let bytes = self.keys.get(&layout::entry(log, sequence)).await?;
        let bytes = bytes.ok_or_else(|| self.corrupt(what(), "it is missing"))?;
        layout::read_entry(log, sequence, &bytes).map_err(|reason| self.corrupt(what(), reason))
    }

    pub(super) async fn newest_entry(&self, log: &LogName) -> Result<Option<LogEntry>, StoreError> {
        match self.newest(log, None).await? {
            Some(sequence) => self.entry(log, sequence).await.map(Some),
            None => Ok(None),
        }
    }

    pub(super) async fn append_entry(&self, append: Append) -> Result<LogEntry, StoreError> {
        self.append_naming(append, None).await
    }

    /// The objects that many entries name are looked at once. What is appended to one log goes there in its order.
    pub(super) async fn append_entries(&self, appends: Vec<Append>) -> Vec<Result<LogEntry, StoreError>> {
        let hashes: HashSet<SnapshotHash> = appends.iter().filter_map(|append| append.entry.snapshot).collect();
        let naming = async |hash: SnapshotHash| (hash, self.name_object(&hash).await);
        let named: Named = all_of(hashes.into_iter().map(naming)).await.into_iter().collect();
        let count = appends.len();
        let mut by_log: HashMap<LogName, Vec<(usize, Append)>> = HashMap::new();
        for (place, append) in appends.into_iter().enumerate() {
            by_log.entry(append.log.clone()).or_default().push((place, append));
        }
        let append_to_one = async |appends: Vec<(usize, Append)>| {
            let mut answers = Vec::with_capacity(appends.len());
            for (place, append) in appends {
                answers.push((place, self.append_naming(append, Some(&named)).await));
            }
            answers
        };
        let answers = all_of(by_log.into_values().map(append_to_one)).await;
        let mut answers: Vec<(usize, Result<LogEntry, StoreError>)> = answers.into_iter().flatten().collect();
        debug_assert_eq!(answers.len(), count, "each append has its answer");
        answers.sort_by_key(|(place, _)| *place);
        answers.into_iter().map(|(_, answer)| answer).collect()
    }

    async fn append_naming(&self, append: Append, named: Option<&Named>) -> Result<LogEntry, StoreError> {
        let Append { log, expected, entry } = append;
        let last = self.newest_entry(&log).await?;
        let found = last.as_ref().map(|last| last.hash);
        if found != expected {
            return Err(StoreError::Conflict { store: self.name(), log, expected, found });
        }
        let entry = LogEntry::following(&log, last.as_ref(), Timestamp::now(), entry)
            .map_err(|error| StoreError::Entry { store: self.name(), log: log.clone(), error })?;
        if let Some(hash) = entry.snapshot {
            match named.and_then(|named| named.get(&hash)) {
                Some(answer) => answer.clone()?,
                None => self.name_object(&hash).await?,
            }
        }
        self.write_entry(&entry, expected).await?;
        Ok(entry)
    }

    /// Entries follow one another only once the one before is there, so that a log never has a gap.
    pub(super) async fn import_entries(&self, log: &LogName, entries: &[LogEntry]) -> Result<(), StoreError> {
        check_import(self.keys.location(), log, self.newest_entry(log).await?.as_ref(), entries)?;
        let mut named: HashSet<SnapshotHash> = HashSet::new();
        for entry in entries {
            if let Some(hash) = entry.snapshot.filter(|hash| !named.contains(hash)) {
                self.name_object(&hash).await?;
                named.insert(hash);
            }
            self.write_entry(entry, entry.previous).await?;
        }
        Ok(())
    }

    /// The log's name comes first: a name without entries is nothing, entries without a name would not be listed.
    async fn write_entry(&self, entry: &LogEntry, expected: Option<EntryHash>) -> Result<(), StoreError> {
        if entry.previous.is_none() {
            self.keys.create(&layout::name(&entry.log), Vec::new()).await?;
        }
        let bytes = layout::entry_bytes(entry, fastrand::u64(..));
        match self.keys.create(&layout::entry(&entry.log, entry.sequence), bytes).await? {
            Creation::Created => Ok(()),
            Creation::Exists => {
                let found = self.newest_entry(&entry.log).await?.map(|last| last.hash);
                Err(StoreError::Conflict { store: self.name(), log: entry.log.clone(), expected, found })
            }
        }
    }

    pub(super) async fn read_log(&self, log: &LogName, range: LogRange) -> Result<Vec<LogEntry>, StoreError> {
        if range.limit == 0 || range.before == Some(0) {
            return Ok(Vec::new());
        }
        let Some(mut newest) = self.newest(log, range.before).await? else { return Ok(Vec::new()) };
        if let Some(time) = range.as_of {
            match self.newest_as_of(log, newest, time).await? {
                Some(found) => newest = found,
                None => return Ok(Vec::new()),
            }
        }
        let limit = u64::try_from(range.limit).unwrap_or(u64::MAX);
        let oldest = newest.saturating_sub(limit - 1).max(1);
        let reads = (oldest..=newest).rev().map(|sequence| self.entry(log, sequence));
        let entries: Vec<LogEntry> = all_of(reads).await.into_iter().collect::<Result<_, _>>()?;
        for (index, entry) in entries.iter().enumerate() {
            let before = entries.get(index + 1);
            if before.is_some() || entry.sequence == 1 {
                entry.check_place(before).map_err(|error| self.corrupt(log, error))?;
            }
        }
        Ok(entries)
    }

    /// Times never go back within a log, so the newest entry of a time is found by halving what is left.
    async fn newest_as_of(&self, log: &LogName, newest: u64, time: Timestamp) -> Result<Option<u64>, StoreError> {
        if self.entry(log, newest).await?.time <= time {
            return Ok(Some(newest));
        }
        // What is asked for is at least `low`, and smaller than `high`, which is too late.
        let (mut low, mut high) = (0, newest);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.entry(log, middle).await?.time <= time {
                low = middle;
            } else {
                high = middle;
            }
        }
        Ok((low > 0).then_some(low))
    }

    pub(super) async fn list_logs(&self, prefix: &str) -> Result<Vec<LogName>, StoreError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.%/".contains(&byte);
        if !prefix.bytes().all(plain) {
            return Ok(Vec::new());
        }
        let listed = self.keys.list(&format!("{}{prefix}", layout::NAMES), "", usize::MAX).await?;
        let names = listed.iter().filter_map(|listed| layout::name_of(&listed.key));
        let parsed: Result<Vec<LogName>, _> = names.map(str::parse).collect();
        let mut logs = parsed.map_err(|error| self.corrupt("the names of the logs", error))?;
        logs.sort_unstable();
        Ok(logs)
    }
}

/// What came of looking for the objects that are to be named.
type Named = HashMap<SnapshotHash, Result<(), StoreError>>;
