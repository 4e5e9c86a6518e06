//! The file of a SQLite store: telling it from other files before SQLite touches it, making it, opening it, and what
//! SQLite's errors mean for a store. Knows nothing of snapshots and logs but their tables.

use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use crate::{OpenMode, StoreError};

/// `ScSy`, at offset 68 of every store file.
const APPLICATION_ID: i32 = 0x5363_5379;
/// The layout of the tables below: the file's `user_version`.
const LAYOUT: u32 = 1;
/// How long others may keep the store locked, in milliseconds.
pub(super) const BUSY_TIMEOUT_MS: u64 = 30_000;
const BUSY_RETRY_MS: u64 = 20;

const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const HEADER_BYTES: usize = 100;
const APPLICATION_ID_OFFSET: usize = 68;

/// An entry is kept as the very text that its hash is of. Nothing is kept twice, so that nothing can disagree.
const TABLES: &str = "
    CREATE TABLE objects (
        hash BLOB NOT NULL UNIQUE,
        zstd BLOB NOT NULL,
        stored_ms INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE entries (
        log TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        hash BLOB NOT NULL,
        entry TEXT NOT NULL,
        PRIMARY KEY (log, sequence)
    ) STRICT, WITHOUT ROWID;
";

/// What stands at a path.
enum Found {
    Nothing,
    EmptyFile,
    Store,
}

/// Opens the store file, making it where that is asked for. What is not a store is refused before SQLite sees it.
pub(super) fn open(path: &Path, location: &str, mode: OpenMode) -> Result<Connection, StoreError> {
    let not_a_store = |reason: &str| StoreError::NotAStore { store: location.to_owned(), reason: reason.to_owned() };
    match (look(path, location)?, mode) {
        (Found::Nothing, OpenMode::Create) => make_folder(path).map_err(|error| io_failure(location, &error))?,
        (Found::Nothing, _) => return Err(StoreError::Missing { store: location.to_owned() }),
        (Found::EmptyFile, OpenMode::ReadWrite | OpenMode::ReadOnly) => return Err(not_a_store("the file is empty")),
        (Found::EmptyFile, OpenMode::Create) | (Found::Store, _) => {}
    }
    let failed = |error: rusqlite::Error| failure(location, &error);
    let mut connection = connect(path, mode).map_err(failed)?;
    if mode != OpenMode::ReadOnly && connection.is_readonly("main").map_err(failed)? {
        return Err(StoreError::ReadOnly { store: location.to_owned() });
    }
    if mode == OpenMode::Create {
        make_tables(&mut connection, location)?;
    }
    check_layout(&connection, location)?;
    if mode != OpenMode::ReadOnly {
        keep_for_good(&connection).map_err(failed)?;
    }
    Ok(connection)
}

fn connect(path: &Path, mode: OpenMode) -> rusqlite::Result<Connection> {
    let flags = match mode {
        OpenMode::Create => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        OpenMode::ReadWrite => OpenFlags::SQLITE_OPEN_READ_WRITE,
        OpenMode::ReadOnly => OpenFlags::SQLITE_OPEN_READ_ONLY,
    };
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_millis(BUSY_TIMEOUT_MS))?;
    if mode == OpenMode::ReadOnly
        && connection
            .query_row("SELECT 1 FROM sqlite_schema", [], |_| Ok(()))
            .is_err_and(|error| wants_to_write(&error))
        && let Some(url) = immutable_url(path)
    {
        connection = Connection::open_with_flags(url, flags | OpenFlags::SQLITE_OPEN_URI)?;
    }
    Ok(connection)
}

fn wants_to_write(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly))
}

/// SQLite wants to make files beside the one that it reads, unless told that nobody writes to it. That is told only
/// where the folder does not take files and where there is no log, which nobody could have begun there.
fn immutable_url(path: &Path) -> Option<String> {
    let text = path.to_str()?;
    if Path::new(&format!("{text}-wal")).exists() {
        return None;
    }
    let mut url = "file:".to_owned();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
    Some(url + "?immutable=1")
}

/// Reads the header without SQLite, which would replay the journal of any database that it opens.
fn look(path: &Path, location: &str) -> Result<Found, StoreError> {
    let not_a_store = |reason: &str| StoreError::NotAStore { store: location.to_owned(), reason: reason.to_owned() };
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(io_failure(location, &error)),
        Ok(metadata) if !metadata.is_file() => return Err(not_a_store("it is not a file")),
        Ok(_) => {}
    }
    let mut header = Vec::with_capacity(HEADER_BYTES);
    let limit = u64::try_from(HEADER_BYTES).unwrap_or(u64::MAX);
    let read = fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut header));
    read.map_err(|error| io_failure(location, &error))?;
    if header.is_empty() {
        return Ok(Found::EmptyFile);
    }
    if header.len() < HEADER_BYTES || !header.starts_with(MAGIC) {
        return Err(not_a_store("the file is not a SQLite database"));
    }
    if header[APPLICATION_ID_OFFSET..].starts_with(&APPLICATION_ID.to_be_bytes()) {
        Ok(Found::Store)
    } else {
        Err(not_a_store("the file is a SQLite database of something else"))
    }
}

/// Makes the folder of a file, and the folders that it is in, so that they survive a crash of the machine.
fn make_folder(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => return Ok(()),
    };
    let missing: Vec<&Path> = folder.ancestors().take_while(|folder| !folder.exists()).collect();
    fs::create_dir_all(folder)?;
    if cfg!(unix) {
        for made in missing {
            let holder = made.parent().filter(|holder| !holder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            fs::File::open(holder)?.sync_all()?;
        }
    }
    Ok(())
}

/// One transaction, so that a file is empty or a whole store whatever crashes; who comes second finds it done.
fn make_tables(connection: &mut Connection, location: &str) -> Result<(), StoreError> {
    let failed = |error: rusqlite::Error| failure(location, &error);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive).map_err(failed)?;
    if is_empty(&transaction).map_err(failed)? {
        transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
        transaction.pragma_update(None, "user_version", LAYOUT).map_err(failed)?;
        transaction.execute_batch(TABLES).map_err(failed)?;
    }
    transaction.commit().map_err(failed)
}

fn is_empty(transaction: &Transaction<'_>) -> rusqlite::Result<bool> {
    transaction.query_row("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| row.get(0))
}

/// Asks again what [`look`] saw, now of SQLite: the file may have changed since, and a newer layout stands in its log.
fn check_layout(connection: &Connection, location: &str) -> Result<(), StoreError> {
    let failed = |error: rusqlite::Error| failure(location, &error);
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(failed);
    if pragma("application_id")? != i64::from(APPLICATION_ID) {
        let reason = "the file is a SQLite database of something else".to_owned();
        return Err(StoreError::NotAStore { store: location.to_owned(), reason });
    }
    match u32::try_from(pragma("user_version")?) {
        Ok(LAYOUT) => Ok(()),
        Ok(found) if found > LAYOUT => Err(StoreError::Newer { store: location.to_owned(), found, supported: LAYOUT }),
        _ => Err(corrupt(location, "its layout", "there is no such layout")),
    }
}

/// Write-ahead log, synchronised at every commit. Going over to the log does not wait for others by itself.
fn keep_for_good(connection: &Connection) -> rusqlite::Result<()> {
    let mut waited_ms = 0;
    loop {
        match connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get::<_, String>(0)) {
            Ok(_) => break,
            Err(error) if is_busy(&error) && waited_ms < BUSY_TIMEOUT_MS => {
                std::thread::sleep(Duration::from_millis(BUSY_RETRY_MS));
                waited_ms += BUSY_RETRY_MS;
            }
            Err(error) => return Err(error),
        }
    }
    connection.pragma_update(None, "synchronous", "full")
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// What SQLite's error means for a store.
pub(super) fn failure(location: &str, error: &rusqlite::Error) -> StoreError {
    let store = location.to_owned();
    let reason = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full { store, reason },
        Some(ErrorCode::ReadOnly) => StoreError::ReadOnly { store },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            StoreError::Busy { store, waited_ms: BUSY_TIMEOUT_MS }
        }
        // A statement that does not compile lacks a table or a column.
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::Unknown) => {
            corrupt(location, "the file", &reason)
        }
        Some(_) => StoreError::Io { store, reason },
        // Everything else is a row of another shape than is ever written.
        None => corrupt(location, "a row", &reason),
    }
}

pub(super) fn corrupt(location: &str, what: &str, reason: &str) -> StoreError {
    StoreError::Corrupt { store: location.to_owned(), what: what.to_owned(), reason: reason.to_owned() }
}

fn io_failure(location: &str, error: &io::Error) -> StoreError {
    let (store, reason) = (location.to_owned(), error.to_string());
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full { store, reason },
        io::ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly { store },
        _ => StoreError::Io { store, reason },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(statements: &str) -> StoreError {
        let connection = Connection::open_in_memory().unwrap();
        failure("sqlite:store.db", &connection.execute_batch(statements).unwrap_err())
    }

    #[test]
    fn errors_say_what_they_mean_for_the_store() {
        let store = || "sqlite:store.db".to_owned();
        let full = error_of("PRAGMA max_page_count = 2; CREATE TABLE a (b); CREATE TABLE c (d);");
        assert!(matches!(&full, StoreError::Full { .. }), "{full:?}");
        assert!(full.to_string().contains("sqlite:store.db: the disk is full"), "{full}");
        let read_only = error_of("PRAGMA query_only = 1; CREATE TABLE a (b);");
        assert_eq!(read_only, StoreError::ReadOnly { store: store() });
        let no_table = error_of("SELECT * FROM entries");
        assert!(matches!(no_table, StoreError::Corrupt { .. }), "{no_table:?}");
    }

    #[test]
    fn only_plain_characters_of_a_path_stand_in_a_url() {
        let url = immutable_url(Path::new("a b/?#%/ä.db"));
        assert_eq!(url.as_deref(), Some("file:a%20b/%3F%23%25/%C3%A4.db?immutable=1"));
    }
}
