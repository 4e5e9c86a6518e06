//! The statements of a SQLite store: what each call does on the connection while it has it. Checks what it reads: a
//! row that is not what was written is named and refused.

use jiff::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};

use super::file::{corrupt, failure};
use crate::packed::{pack, unpack};
use crate::{Append, EntryHash, HashPrefix, LogEntry, LogName, LogRange};
use crate::{FRESH_HOURS, SchemaSnapshot, SnapshotHash, StoreError, StoredObject, check_import};

const SELECT_ENTRIES: &str =
    "SELECT log, sequence, hash, entry FROM entries WHERE log = ?1 AND sequence <= ?2 ORDER BY sequence DESC";

/// The connection while one call has it.
pub(super) struct Session<'a> {
    connection: &'a mut Connection,
    location: &'a str,
}

impl<'a> Session<'a> {
    pub(super) fn new(connection: &'a mut Connection, location: &'a str) -> Self {
        Self { connection, location }
    }

    /// One transaction. Dropping it rolls it back.
    fn transaction(&mut self, behavior: TransactionBehavior) -> Result<Scope<'_>, StoreError> {
        let location = self.location;
        let transaction = self.connection.transaction_with_behavior(behavior);
        Ok(Scope { transaction: transaction.map_err(|error| failure(location, &error))?, location })
    }

    pub(super) fn put_all(&mut self, snapshots: &[SchemaSnapshot]) -> Result<Vec<SnapshotHash>, StoreError> {
        let hashes: Vec<SnapshotHash> = snapshots.iter().map(SchemaSnapshot::hash).collect();
        let scope = self.transaction(TransactionBehavior::Deferred)?;
        let mut packed = Vec::new();
        for (hash, snapshot) in hashes.iter().zip(snapshots) {
            if !scope.is_fresh(hash)? {
                packed.push((hash, pack(scope.location, snapshot)?));
            }
        }
        drop(scope);
        if !packed.is_empty() {
            let scope = self.transaction(TransactionBehavior::Immediate)?;
            for (hash, bytes) in packed {
                let insert = "INSERT INTO objects (hash, zstd, stored_ms) VALUES (?1, ?2, ?3) \
                              ON CONFLICT DO UPDATE SET stored_ms = excluded.stored_ms";
                let row = params![hash.as_bytes(), bytes, Timestamp::now().as_millisecond()];
                scope.ask(|connection| connection.prepare_cached(insert)?.execute(row))?;
            }
            scope.commit()?;
        }
        Ok(hashes)
    }

    pub(super) fn get(&mut self, hash: &SnapshotHash) -> Result<SchemaSnapshot, StoreError> {
        let location = self.location;
        let scope = self.transaction(TransactionBehavior::Deferred)?;
        let select = "SELECT zstd FROM objects WHERE hash = ?1";
        let packed: Option<Vec<u8>> = scope.ask(|connection| {
            connection.prepare_cached(select)?.query_row([hash.as_bytes()], |row| row.get(0)).optional()
        })?;
        let packed = packed.ok_or_else(|| StoreError::NotFound { store: location.to_owned(), hash: *hash })?;
        unpack(location, hash, &packed)
    }

    pub(super) fn find(&mut self, prefix: &HashPrefix) -> Result<Vec<SnapshotHash>, StoreError> {
        let (first, last) = prefix.bounds();
        let scope = self.transaction(TransactionBehavior::Deferred)?;
        let select = "SELECT hash FROM objects WHERE hash BETWEEN ?1 AND ?2 ORDER BY hash";
        scope.ask(|connection| {
            let mut statement = connection.prepare_cached(select)?;
            let rows = statement.query_map([first.as_bytes(), last.as_bytes()], |row| row.get::<_, [u8; 32]>(0))?;
            rows.map(|hash| hash.map(SnapshotHash::from)).collect()
        })
    }

    pub(super) fn append(&mut self, append: Append) -> Result<LogEntry, StoreError> {
        let scope = self.transaction(TransactionBehavior::Immediate)?;
        let entry = scope.append(append)?;
        scope.commit()?;
        Ok(entry)
    }

    /// One transaction for all: an append that is refused leaves the others alone, a store that fails undoes them all.
    pub(super) fn append_all(&mut self, appends: Vec<Append>) -> Result<Vec<Result<LogEntry, StoreError>>, StoreError> {
        let scope = self.transaction(TransactionBehavior::Immediate)?;
        let mut answers = Vec::with_capacity(appends.len());
        for append in appends {
            let answer = scope.append(append);
            match answer {
                Ok(_) | Err(StoreError::Conflict { .. } | StoreError::NotFound { .. } | StoreError::Entry { .. }) => {
                    answers.push(answer);
                }
                Err(error) => return Err(error),
            }
        }
        scope.commit()?;
        Ok(answers)
    }

    pub(super) fn import(&mut self, log: &LogName, entries: &[LogEntry]) -> Result<(), StoreError> {
        let location = self.location;
        let scope = self.transaction(TransactionBehavior::Immediate)?;
        check_import(location, log, scope.last_entry(log)?.as_ref(), entries)?;
        for entry in entries {
            scope.write(log, entry)?;
        }
        scope.commit()
    }

    pub(super) fn objects(
        &mut self,
        after: Option<&SnapshotHash>,
        limit: usize,
    ) -> Result<Vec<StoredObject>, StoreError> {
        let scope = self.transaction(TransactionBehavior::Deferred)?;
        let select = "SELECT hash, stored_ms, length(zstd) FROM objects WHERE hash > ?1 ORDER BY hash LIMIT ?2";
        let behind = after.map_or(&[][..], |hash| hash.as_bytes().as_slice());
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        scope.ask(|connection| {
            let mut statement = connection.prepare_cached(select)?;
            let rows = statement.query_map(params![behind, limit], |row| {
                Ok(StoredObject {
                    hash: SnapshotHash::from(row.get::<_, [u8; 32]>(0)?),
                    stored: Timestamp::from_millisecond(row.get(1)?).unwrap_or(Timestamp::MAX),
                    bytes: u64::try_from(row.get::<_, i64>(2)?).unwrap_or_default(),
                })
            })?;
            rows.collect()
        })
    }

    pub(super) fn remove(
        &mut self,
        hashes: &[SnapshotHash],
        before: Timestamp,
    ) -> Result<Vec<SnapshotHash>, StoreError> {
        let scope = self.transaction(TransactionBehavior::Immediate)?;
        let delete = "DELETE FROM objects WHERE hash = ?1 AND stored_ms < ?2";
        let mut removed = Vec::new();
        for hash in hashes {
            let row = params![hash.as_bytes(), before.as_millisecond()];
            if scope.ask(|connection| connection.prepare_cached(delete)?.execute(row))? > 0 {
                removed.push(*hash);
            }
        }
        scope.commit()?;
        Ok(removed)
    }

    /// Checks every entry on the way, also those that `as_of` leaves out, and that none is missing between them.
    pub(super) fn read(&mut self, log: &LogName, range: &LogRange) -> Result<Vec<LogEntry>, StoreError> {
        let newest =
            range.before.map_or(i64::MAX, |before| i64::try_from(before).unwrap_or(i64::MAX).saturating_sub(1));
        let scope = self.transaction(TransactionBehavior::Deferred)?;
        let mut entries: Vec<LogEntry> = Vec::new();
        let mut newer: Option<LogEntry> = None;
        let mut statement = scope.ask(|connection| connection.prepare_cached(SELECT_ENTRIES))?;
        let mut rows = scope.ask(|_| statement.query(params![log.as_str(), newest]))?;
        while entries.len() < range.limit {
            let row = scope.ask(|_| rows.next())?;
            let entry = row.map(|row| scope.entry(log, row)).transpose()?;
            if let Some(newer) = &newer {
                newer.check_place(entry.as_ref()).map_err(|error| scope.damaged_log(log, error))?;
            }
            let Some(entry) = entry else { break };
            if range.includes(&entry) {
                entries.push(entry.clone());
            }
            newer = Some(entry);
        }
        Ok(entries)
    }

    /// Jumps from name to name, so that long logs cost nothing.
    pub(super) fn logs(&mut self, prefix: &str) -> Result<Vec<LogName>, StoreError> {
        let scope = self.transaction(TransactionBehavior::Deferred)?;
        let mut logs = Vec::new();
        let mut from = prefix.to_owned();
        loop {
            let select = "SELECT log FROM entries WHERE log >= ?1 ORDER BY log LIMIT 1";
            let found: Option<Vec<u8>> = scope.ask(|connection| {
                let mut statement = connection.prepare_cached(select)?;
                statement.query_row([&from], |row| Ok(row.get_ref(0)?.as_bytes()?.to_vec())).optional()
            })?;
            // A damaged name beyond those that are asked for must not hide them; one that does not follow, no end.
            let Some(name) = found.filter(|name| name.starts_with(prefix.as_bytes())) else { return Ok(logs) };
            let name = String::from_utf8(name).map_err(|error| scope.damaged_log("the name of a log", error))?;
            if name < from {
                return Err(scope.damaged_log(&name, "the logs are not in the order of their names"));
            }
            logs.push(name.parse().map_err(|error| scope.damaged_log(&name, error))?);
            from = name + "\0";
        }
    }

    pub(super) fn last_entries(&mut self, logs: &[LogName]) -> Result<Vec<Option<LogEntry>>, StoreError> {
        let scope = self.transaction(TransactionBehavior::Deferred)?;
        logs.iter().map(|log| scope.last_entry(log)).collect()
    }
}

/// A transaction on the store's tables.
struct Scope<'a> {
    transaction: Transaction<'a>,
    location: &'a str,
}

impl Scope<'_> {
    fn ask<'c, T>(&'c self, question: impl FnOnce(&'c Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        question(&self.transaction).map_err(|error| failure(self.location, &error))
    }

    fn commit(self) -> Result<(), StoreError> {
        let location = self.location;
        self.transaction.commit().map_err(|error| failure(location, &error))
    }

    /// Whether an object is there and its time need not be noted anew.
    fn is_fresh(&self, hash: &SnapshotHash) -> Result<bool, StoreError> {
        let select = "SELECT 1 FROM objects WHERE hash = ?1 AND stored_ms >= ?2";
        self.ask(|connection| connection.prepare_cached(select)?.exists(params![hash.as_bytes(), fresh_ms()]))
    }

    /// Notes that an entry names an object. Answers whether it is there.
    fn name(&self, hash: &SnapshotHash) -> Result<bool, StoreError> {
        let update = "UPDATE objects SET stored_ms = ?2 WHERE hash = ?1";
        let row = params![hash.as_bytes(), Timestamp::now().as_millisecond()];
        Ok(self.is_fresh(hash)? || self.ask(|connection| connection.prepare_cached(update)?.execute(row))? > 0)
    }

    fn append(&self, append: Append) -> Result<LogEntry, StoreError> {
        let Append { log, expected, entry } = append;
        let store = || self.location.to_owned();
        let last = self.last_entry(&log)?;
        let found = last.as_ref().map(|last| last.hash);
        if found != expected {
            return Err(StoreError::Conflict { store: store(), log, expected, found });
        }
        let entry = LogEntry::following(&log, last.as_ref(), Timestamp::now(), entry)
            .map_err(|error| StoreError::Entry { store: store(), log: log.clone(), error })?;
        self.write(&log, &entry)?;
        Ok(entry)
    }

    /// Writes an entry at its place, which must be free, as it is.
    fn write(&self, log: &LogName, entry: &LogEntry) -> Result<(), StoreError> {
        if let Some(hash) = entry.snapshot
            && !self.name(&hash)?
        {
            return Err(StoreError::NotFound { store: self.location.to_owned(), hash });
        }
        let text = String::from_utf8(entry.to_bytes()).map_err(|error| self.damaged_log(log, error))?;
        let insert = "INSERT INTO entries (log, sequence, hash, entry) VALUES (?1, ?2, ?3, ?4)";
        let sequence = i64::try_from(entry.sequence).map_err(|error| self.damaged_log(log, error))?;
        let row = params![log.as_str(), sequence, entry.hash.as_bytes(), text];
        self.ask(|connection| connection.prepare_cached(insert)?.execute(row))?;
        Ok(())
    }

    fn last_entry(&self, log: &LogName) -> Result<Option<LogEntry>, StoreError> {
        let mut statement = self.ask(|connection| connection.prepare_cached(SELECT_ENTRIES))?;
        let mut rows = self.ask(|_| statement.query(params![log.as_str(), i64::MAX]))?;
        self.ask(|_| rows.next())?.map(|row| self.entry(log, row)).transpose()
    }

    /// The entry in a row, which must be the one that belongs there.
    fn entry(&self, log: &LogName, row: &Row<'_>) -> Result<LogEntry, StoreError> {
        let (sequence, hash, text): (i64, [u8; 32], Vec<u8>) =
            self.ask(|_| Ok((row.get(1)?, row.get(2)?, text_bytes(row)?)))?;
        let entry = LogEntry::from_bytes(&EntryHash::from(hash), &text)
            .map_err(|error| self.damaged_log(format!("entry {sequence} of {log}"), error))?;
        if entry.log == *log && u64::try_from(sequence) == Ok(entry.sequence) {
            Ok(entry)
        } else {
            let reason = format!("it is entry {} of {}", entry.sequence, entry.log);
            Err(self.damaged_log(format!("entry {sequence} of {log}"), reason))
        }
    }

    fn damaged_log(&self, what: impl ToString, reason: impl ToString) -> StoreError {
        corrupt(self.location, &what.to_string(), &reason.to_string())
    }
}

/// What was stored before this time, in milliseconds, is noted anew when it is put again or named.
fn fresh_ms() -> i64 {
    Timestamp::now().as_millisecond() - FRESH_HOURS * 3_600_000
}

/// The text of an entry as bytes: damaged text need not be UTF-8.
fn text_bytes(row: &Row<'_>) -> rusqlite::Result<Vec<u8>> {
    const ENTRY_COLUMN: usize = 3;
    let value = row.get_ref(ENTRY_COLUMN)?;
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Ok(bytes.to_vec()),
        _ => Err(rusqlite::Error::InvalidColumnType(ENTRY_COLUMN, "entry".to_owned(), value.data_type())),
    }
}
