//! SQL text of a user as a snapshot: loaded into a scratch database in memory, one statement after the other, so that
//! what does not load is named with its line. Nothing outside of memory is touched.

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::{Connection, Error};
use schema_sync_store::SchemaSnapshot;

use super::connection::NO_FOREIGN_KEYS;
use super::inspect;
use super::statement_text::first_statement;
use super::token::tokenize;
use crate::adapter::AdapterError;

/// Characters of a statement that an error shows.
const STATEMENT_SHOWN_MAX: usize = 200;

/// Loads the text and inspects what came of it. `origin` is what errors call the text.
pub(super) fn inspect_sql(sql: &str, origin: &str) -> Result<SchemaSnapshot, AdapterError> {
    let scratch =
        |error: Error| AdapterError::Connect { target: "a scratch database".into(), reason: error.to_string() };
    let mut connection = Connection::open_in_memory().map_err(scratch)?;
    connection.authorizer(Some(confined)).map_err(scratch)?;
    let tokens = tokenize(sql);
    let mut rest = tokens.as_slice();
    while let Some((begin, end, next)) = first_statement(rest) {
        let statement = sql.get(begin..end).unwrap_or_default();
        connection.execute_batch(statement).map_err(|error| AdapterError::Load {
            origin: origin.to_owned(),
            line: sql.get(..begin).unwrap_or_default().matches('\n').count() + 1,
            statement: shown(statement),
            reason: reason(&error),
        })?;
        rest = &rest[next..];
    }
    if !connection.is_autocommit() {
        connection.execute_batch("COMMIT").map_err(scratch)?;
    }
    connection.execute_batch(NO_FOREIGN_KEYS).map_err(scratch)?;
    inspect::inspect(&mut connection).map_err(|error| error.of_tenant(origin))
}

/// No statement may reach another file.
fn confined(context: AuthContext<'_>) -> Authorization {
    match context.action {
        AuthAction::Attach { .. } | AuthAction::Detach { .. } => Authorization::Deny,
        _ => Authorization::Allow,
    }
}

fn reason(error: &Error) -> String {
    match error {
        Error::SqlInputError { msg, .. } | Error::SqliteFailure(_, Some(msg)) => msg.clone(),
        other => other.to_string(),
    }
}

fn shown(statement: &str) -> String {
    match statement.char_indices().nth(STATEMENT_SHOWN_MAX) {
        Some((end, _)) => format!("{} …", &statement[..end]),
        None => statement.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_load_is_named_with_its_line() {
        let sql = "CREATE TABLE t (a);\n\n-- more\nCREATE TABLE u (\n  b,,\n);\n";
        let error = inspect_sql(sql, "schema.sql");
        let Err(AdapterError::Load { origin, line, statement, reason }) = error else { panic!("{error:?}") };
        assert_eq!((origin.as_str(), line), ("schema.sql", 4));
        assert!(statement.starts_with("CREATE TABLE u"), "{statement}");
        assert!(reason.contains("syntax error"), "{reason}");
    }

    #[test]
    fn a_script_reaches_no_other_file() {
        for sql in ["ATTACH '/tmp/never-made.db' AS x", "VACUUM INTO '/tmp/never-made.db'"] {
            assert!(matches!(inspect_sql(sql, "x.sql"), Err(AdapterError::Load { .. })), "{sql}");
        }
        assert!(!std::path::Path::new("/tmp/never-made.db").exists());
    }
}
