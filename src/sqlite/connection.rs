//! Opens tenants' files, never making one, and says clearly what is wrong with those that do not open.

use std::time::Duration;

use rusqlite::{Connection, Error, ErrorCode, OpenFlags};

use crate::adapter::{AdapterError, Location, TenantContext};

/// How long a reader waits for a writer that holds the whole file.
const READ_TIMEOUT: Duration = Duration::from_secs(5);

/// Foreign keys are never enforced: a table that is rebuilt must not cascade, and what a trigger leans on is told by
/// compiling it, into which enforced foreign keys would be compiled as well.
pub(super) const NO_FOREIGN_KEYS: &str = "PRAGMA foreign_keys = OFF";

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

/// Opens a tenant's file and reads its header, so that what is no database is found now.
pub(super) fn open(tenant: &TenantContext, access: Access) -> Result<Connection, AdapterError> {
    let missing = |reason: String| AdapterError::TenantMissing { tenant: tenant.name.clone(), reason };
    let Location::File(path) = &tenant.location else {
        return Err(missing("a tenant on SQLite is a file".into()));
    };
    if !path.is_file() {
        return Err(missing(format!("there is no file {}", path.display())));
    }
    let target = path.display().to_string();
    // An absolute path is never taken for a `file:` URI.
    let path = path.canonicalize().map_err(|error| missing(format!("{target}: {error}")))?;
    let mode = match access {
        Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
        Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
    };
    let connect = |error: Error| AdapterError::Connect { target: target.clone(), reason: explain(&error) };
    let connection = Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(connect)?;
    connection.busy_timeout(READ_TIMEOUT).map_err(connect)?;
    connection.execute_batch(NO_FOREIGN_KEYS).map_err(connect)?;
    match connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0)) {
        // Who waits for the lock polls it; that it is held for the moment is no reason to give up here.
        Err(error) if access == Access::Write && is_busy(&error) => Ok(connection),
        Err(error) => Err(connect(error)),
        Ok(_) => Ok(connection),
    }
}

/// Whether another connection holds what is needed.
pub(super) fn is_busy(error: &Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

fn explain(error: &Error) -> String {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => "this is not a SQLite database, or it is encrypted".into(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            format!("another process holds the whole file: {error}")
        }
        Some(ErrorCode::ReadOnly) => format!("the file may not be written: {error}"),
        _ => error.to_string(),
    }
}
