//! Verifying a bundle: every file against its sum, every snapshot against its name, every log as a chain. Goes on behind
//! damage, as the check of a store does.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

use schema_sync_store::{EntryHash, LogEntry, LogName, SchemaSnapshot, SnapshotHash};

use super::super::check::{CheckReport, Damage, Damaged};
use super::super::walk::each_hash;
use super::{HEADS_PATH, LOGS_FOLDER, SNAPSHOT_ENDING, SNAPSHOTS_FOLDER, SUMS_PATH, entry_path};

/// Bytes of one file at most.
const FILE_BYTES_MAX: u64 = 1 << 30;

/// What was read of a bundle so far.
#[derive(Default)]
struct Contents {
    /// The hash of every file, by its path.
    hashes: BTreeMap<String, SnapshotHash>,
    logs: BTreeMap<LogName, Vec<LogEntry>>,
    snapshots: BTreeSet<SnapshotHash>,
    heads: Option<String>,
    sums: Option<String>,
    report: CheckReport,
}

/// Verifies a bundle.
///
/// # Errors
/// A file that cannot be read, or is no tar file at all. Damage is no error: it is in the report.
pub fn verify_bundle(from: impl Read) -> io::Result<CheckReport> {
    let mut contents = Contents::default();
    let mut archive = tar::Archive::new(from);
    let mut last = String::new();
    for file in archive.entries()? {
        match file.and_then(read_file) {
            Ok(Some((path, bytes))) => {
                last.clone_from(&path);
                contents.take(path, bytes);
            }
            Ok(None) => {}
            Err(error) if contents.hashes.is_empty() => return Err(error),
            Err(error) => {
                // Where one file ends is where the next one begins, so nothing behind this can be found.
                let what = Damaged::File(format!("behind {last}, and all that follow"));
                contents.damage(what, error.to_string(), Vec::new());
                break;
            }
        }
    }
    Ok(contents.check())
}

/// A file's path and bytes; none of a folder, which is there where a bundle was unpacked and packed again.
fn read_file(mut file: tar::Entry<'_, impl Read>) -> io::Result<Option<(String, Vec<u8>)>> {
    if file.header().entry_type().is_dir() {
        return Ok(None);
    }
    let path = String::from_utf8_lossy(&file.path_bytes()).trim_start_matches("./").to_owned();
    let mut bytes = Vec::new();
    file.by_ref().take(FILE_BYTES_MAX).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()) != Ok(file.size()) {
        return Err(io::Error::other(format!("{path} is cut short, or longer than any is")));
    }
    Ok(Some((path, bytes)))
}

impl Contents {
    fn damage(&mut self, what: Damaged, reason: impl Into<String>, touches: Vec<LogName>) {
        self.report.damages.push(Damage { what, reason: reason.into(), touches });
    }

    fn take(&mut self, path: String, bytes: Vec<u8>) {
        let hash = SnapshotHash::of(&bytes);
        if self.hashes.insert(path.clone(), hash).is_some() {
            self.damage(Damaged::File(path.clone()), "it is there twice", Vec::new());
        }
        if path.starts_with(LOGS_FOLDER) {
            self.take_entry(&path, &bytes);
        } else if let Some(name) = path.strip_prefix(SNAPSHOTS_FOLDER) {
            self.take_snapshot(&path, name, hash, &bytes);
        } else if path == HEADS_PATH {
            self.heads = Some(String::from_utf8_lossy(&bytes).into_owned());
        } else if path == SUMS_PATH {
            self.sums = Some(String::from_utf8_lossy(&bytes).into_owned());
        }
    }

    fn take_entry(&mut self, path: &str, bytes: &[u8]) {
        self.report.entries += 1;
        let entry = match LogEntry::from_bytes(&EntryHash::of(bytes), bytes) {
            Ok(entry) => entry,
            Err(error) => return self.damage(Damaged::File(path.to_owned()), error.to_string(), Vec::new()),
        };
        if entry_path(&entry.log, entry.sequence) != path {
            let reason = format!("it is entry {} of {}", entry.sequence, entry.log);
            return self.damage(Damaged::File(path.to_owned()), reason, vec![entry.log]);
        }
        if entry.to_bytes() != bytes {
            let what = Damaged::Entry(entry.log.clone(), entry.sequence);
            self.damage(what, "it is not in canonical form", vec![entry.log.clone()]);
        }
        self.logs.entry(entry.log.clone()).or_default().push(entry);
    }

    fn take_snapshot(&mut self, path: &str, name: &str, hash: SnapshotHash, bytes: &[u8]) {
        self.report.snapshots_read += 1;
        self.report.bytes += u64::try_from(bytes.len()).unwrap_or_default();
        if name.strip_suffix(SNAPSHOT_ENDING) != Some(&hash.to_string()) {
            return self.damage(Damaged::File(path.to_owned()), format!("its hash is {hash}"), Vec::new());
        }
        if let Err(error) = SchemaSnapshot::from_bytes(bytes) {
            self.damage(Damaged::Snapshot(hash), error.to_string(), Vec::new());
        }
        self.snapshots.insert(hash);
    }

    fn check(mut self) -> CheckReport {
        self.check_sums();
        self.check_chains();
        self.check_heads();
        self.check_names();
        self.report.logs = self.logs.len();
        self.report.snapshots = self.report.snapshots_read;
        self.report.damages.sort_by(|left, right| left.what.cmp(&right.what));
        self.report
    }

    fn check_sums(&mut self) {
        let Some(sums) = self.sums.take() else {
            return self.damage(Damaged::File(SUMS_PATH.to_owned()), "it is missing", Vec::new());
        };
        let mut listed = BTreeSet::new();
        for line in sums.lines() {
            let Some((sum, path)) = line.split_once("  ") else {
                self.damage(Damaged::File(SUMS_PATH.to_owned()), format!("`{line}` is no sum"), Vec::new());
                continue;
            };
            listed.insert(path.to_owned());
            match self.hashes.get(path).map(ToString::to_string) {
                Some(found) if found == sum => {}
                Some(_) => self.damage(Damaged::File(path.to_owned()), "its sum is another", Vec::new()),
                None => self.damage(Damaged::File(path.to_owned()), "it is missing", Vec::new()),
            }
        }
        let unlisted = self.hashes.keys().filter(|path| *path != SUMS_PATH && !listed.contains(*path));
        for path in unlisted.cloned().collect::<Vec<_>>() {
            self.damage(Damaged::File(path), format!("{SUMS_PATH} does not name it"), Vec::new());
        }
    }

    fn check_chains(&mut self) {
        let mut damages = Vec::new();
        for (log, entries) in &mut self.logs {
            entries.sort_by_key(|entry| entry.sequence);
            let mut before: Option<&LogEntry> = None;
            for entry in entries.iter() {
                if let Err(error) = entry.check_place(before) {
                    damages.push((Damaged::Entry(log.clone(), entry.sequence), error.to_string(), vec![log.clone()]));
                }
                before = Some(entry);
            }
        }
        for (what, reason, touches) in damages {
            self.damage(what, reason, touches);
        }
    }

    fn check_heads(&mut self) {
        let Some(heads) = self.heads.take() else {
            return self.damage(Damaged::File(HEADS_PATH.to_owned()), "it is missing", Vec::new());
        };
        let found: BTreeMap<String, String> = self
            .logs
            .iter()
            .filter_map(|(log, entries)| Some((log, entries.last()?)))
            .map(|(log, last)| (log.to_string(), format!("{} {} {log}", last.hash, last.sequence)))
            .collect();
        let mut listed: BTreeSet<&str> = BTreeSet::new();
        for line in heads.lines() {
            let log = line.split_once(' ').and_then(|(_, rest)| rest.split_once(' ')).map_or("", |(_, log)| log);
            listed.insert(log);
            if found.get(log).map(String::as_str) != Some(line) {
                let reason = format!("it says `{line}`, which is not where that log ends");
                self.damage(Damaged::File(HEADS_PATH.to_owned()), reason, log.parse().into_iter().collect());
            }
        }
        for log in found.keys().filter(|log| !listed.contains(log.as_str())) {
            let reason = format!("it does not name {log}");
            self.damage(Damaged::File(HEADS_PATH.to_owned()), reason, log.parse().into_iter().collect());
        }
    }

    /// Every snapshot that an entry is about must be there.
    fn check_names(&mut self) {
        let mut naming: BTreeMap<SnapshotHash, BTreeSet<LogName>> = BTreeMap::new();
        let mut mentioned: BTreeSet<SnapshotHash> = BTreeSet::new();
        for entry in self.logs.values().flatten() {
            if let Some(hash) = entry.snapshot {
                naming.entry(hash).or_default().insert(entry.log.clone());
            }
            each_hash(&entry.details, &mut |hash| {
                mentioned.insert(hash);
            });
        }
        self.report.unnamed =
            self.snapshots.iter().filter(|hash| !naming.contains_key(*hash) && !mentioned.contains(*hash)).count();
        for (hash, logs) in naming {
            if !self.snapshots.contains(&hash) {
                self.damage(Damaged::Snapshot(hash), "it is missing", logs.into_iter().collect());
            }
        }
    }
}
