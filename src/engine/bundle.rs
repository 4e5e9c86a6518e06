//! Audit bundles: a tar file with the entries of logs and the snapshots that they name, each in the very bytes that its
//! hash is of, so that `sha256sum` alone can verify it. The same logs up to the same time give the same bytes.

mod verify;

use std::collections::BTreeSet;
use std::io::{self, Write};

use jiff::Timestamp;
use schema_sync_store::{LogEntry, LogName, LogRange, SnapshotHash, StoreError};

use super::registry::{Registry, RegistryError};
use super::walk::{PAGE_ENTRIES, Walk, each_hash};

pub use verify::verify_bundle;

/// How to verify a bundle, for whoever has nothing but it.
const README: &str = include_str!("bundle/README.txt");
const README_PATH: &str = "README.txt";
const HEADS_PATH: &str = "LOGS";
const SUMS_PATH: &str = "SHA256SUMS";
/// What stands before a file's path where it is an entry or a snapshot.
const LOGS_FOLDER: &str = "logs/";
const SNAPSHOTS_FOLDER: &str = "snapshots/";
const SNAPSHOT_ENDING: &str = ".snapshot";

/// Why no bundle was written.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The store failed, or does not have what was named.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The file cannot be written or read.
    #[error("{0}")]
    File(#[from] io::Error),
}

impl From<StoreError> for BundleError {
    fn from(error: StoreError) -> Self {
        Self::Registry(error.into())
    }
}

/// What a bundle holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bundled {
    /// Logs.
    pub logs: usize,
    /// Entries of them.
    pub entries: u64,
    /// Snapshots that they name.
    pub snapshots: usize,
    /// The SHA-256 of the file `SHA256SUMS`, which names everything else: who keeps it can tell any later change.
    pub seal: SnapshotHash,
}

/// A bundle while it is written.
struct Writer<W: Write> {
    tar: tar::Builder<W>,
    /// The lines of `SHA256SUMS`.
    sums: String,
}

impl<W: Write> Writer<W> {
    /// Adds a file. Nothing of this machine and moment stands beside the bytes.
    fn add(&mut self, path: &str, bytes: &[u8]) -> io::Result<SnapshotHash> {
        let mut header = tar::Header::new_gnu();
        header.set_size(u64::try_from(bytes.len()).map_err(io::Error::other)?);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        self.tar.append_data(&mut header, path, bytes)?;
        let hash = SnapshotHash::of(bytes);
        self.sums.push_str(&format!("{hash}  {path}\n"));
        Ok(hash)
    }
}

/// Where an entry is kept. No name of a log has an `=` in it, so no log can stand where another one's entry does.
fn entry_path(log: &LogName, sequence: u64) -> String {
    format!("{LOGS_FOLDER}{log}/entry={sequence:010}.json")
}

fn snapshot_path(hash: &SnapshotHash) -> String {
    format!("{SNAPSHOTS_FOLDER}{hash}{SNAPSHOT_ENDING}")
}

impl Registry {
    /// Writes a bundle of these tenants' logs and of all refs, or of all logs where no tenant is named; up to a time,
    /// where one is given.
    ///
    /// # Errors
    /// Names that mean no tenant, what the store answers, and what the system says of the file.
    pub async fn write_bundle<W: Write + Send>(
        &self,
        tenants: &[String],
        at: Option<Timestamp>,
        to: W,
    ) -> Result<Bundled, BundleError> {
        let mut logs = self.store().logs(if tenants.is_empty() { "" } else { "refs/" }).await?;
        if !tenants.is_empty() {
            logs.extend(self.logs_of_tenants(tenants).await?);
        }
        logs.sort();
        let mut writer = Writer { tar: tar::Builder::new(to), sums: String::new() };
        writer.add(README_PATH, README.as_bytes())?;
        let (mut heads, mut named) = (String::new(), Named::default());
        let (mut log_count, mut entry_count) = (0, 0);
        for log in &logs {
            let entries = self.entries_until(log, at).await?;
            for entry in entries.iter().rev() {
                writer.add(&entry_path(log, entry.sequence), &entry.to_bytes())?;
                named.add(entry);
            }
            if let Some(last) = entries.first() {
                heads.push_str(&format!("{} {} {log}\n", last.hash, last.sequence));
                log_count += 1;
                entry_count += last.sequence;
            }
        }
        let mut snapshot_count = 0;
        for (hash, is_needed) in named.all() {
            match self.store().get(&hash).await {
                Ok(snapshot) => {
                    writer.add(&snapshot_path(&hash), &snapshot.to_bytes())?;
                    snapshot_count += 1;
                }
                // What stands in details need not be a snapshot at all.
                Err(StoreError::NotFound { .. }) if !is_needed => {}
                Err(error) => return Err(error.into()),
            }
        }
        writer.add(HEADS_PATH, heads.as_bytes())?;
        let sums = std::mem::take(&mut writer.sums);
        let seal = writer.add(SUMS_PATH, sums.as_bytes())?;
        writer.tar.into_inner()?.flush()?;
        Ok(Bundled { logs: log_count, entries: entry_count, snapshots: snapshot_count, seal })
    }

    /// All entries of a log that were there at a time, newest first.
    async fn entries_until(&self, log: &LogName, at: Option<Timestamp>) -> Result<Vec<LogEntry>, StoreError> {
        let range = LogRange { limit: PAGE_ENTRIES, before: None, as_of: at };
        let mut walk = Walk::new(self.store(), log, range);
        let mut entries = Vec::new();
        loop {
            let page = walk.next_page().await?;
            if page.is_empty() {
                return Ok(entries);
            }
            entries.extend(page);
        }
    }
}

/// The snapshots that entries name, themselves or in their details.
#[derive(Default)]
struct Named {
    by_entries: BTreeSet<SnapshotHash>,
    in_details: BTreeSet<SnapshotHash>,
}

impl Named {
    fn add(&mut self, entry: &LogEntry) {
        self.by_entries.extend(entry.snapshot);
        each_hash(&entry.details, &mut |hash| {
            self.in_details.insert(hash);
        });
    }

    /// Each of them once, sorted, and whether it must be there.
    fn all(&self) -> Vec<(SnapshotHash, bool)> {
        let all = self.by_entries.union(&self.in_details);
        all.map(|hash| (*hash, self.by_entries.contains(hash))).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use schema_sync_store::{Event, MemoryStore, NewEntry, SchemaSnapshot, SnapshotStore};

    use super::*;

    #[tokio::test]
    async fn tenants_of_any_name_have_their_place() {
        let store = Arc::new(MemoryStore::new());
        let hash = store.put(&SchemaSnapshot::empty("test")).await.unwrap();
        let long = ["x".repeat(230), "y".repeat(230), "z".repeat(230)].join("/");
        let names = ["a", "a/b", "a/entry=0000000001.json", "../../etc/passwd", "/root", "ä ö\n", "", &long];
        for name in names {
            let entry = NewEntry::new(Event::CAPTURED, "tester").snapshot(hash);
            store.append(&LogName::tenant(name).unwrap(), None, entry).await.unwrap();
        }
        let registry = Registry::new(store, "tester");
        let mut bytes = Vec::new();
        let bundled = registry.write_bundle(&[], None, &mut bytes).await.unwrap();
        assert_eq!((bundled.logs, bundled.entries, bundled.snapshots), (8, 8, 1));
        let report = verify_bundle(bytes.as_slice()).unwrap();
        assert_eq!((report.damages.as_slice(), report.logs, report.entries), (&[][..], 8, 8));
        let mut archive = tar::Archive::new(bytes.as_slice());
        for file in archive.entries().unwrap() {
            let path = file.unwrap().path().unwrap().into_owned();
            assert!(path.is_relative() && !path.components().any(|part| part.as_os_str() == ".."), "{path:?}");
        }
    }
}
