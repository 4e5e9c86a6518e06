//! Loading SQL into a scratch database, to see what schema it makes.

use schema_sync_store::SchemaSnapshot;

use super::inspector::inspect_settled;
use super::quote::identifier;
use super::script::{ScriptStatement, split};
use super::session::{Session, Sessions, describe};
use crate::adapter::{AdapterError, Location, TenantContext};

/// Statements in errors are cut to this many characters.
const SHOWN_MAX: usize = 300;

/// Makes a database on the server, loads the SQL, reads it, and drops it again, also after an error.
pub(super) async fn inspect_sql(sessions: &Sessions, sql: &str, origin: &str) -> Result<SchemaSnapshot, AdapterError> {
    let statements = split(sql).map_err(|error| AdapterError::Load {
        origin: origin.to_owned(),
        line: error.line,
        statement: String::new(),
        reason: error.reason,
    })?;
    let home = sessions.options().database().to_owned();
    let session = sessions.take(&home).await?;
    let name = format!("schema_sync_scratch_{}_{:08x}", std::process::id(), fastrand::u32(..));
    let create = format!("CREATE DATABASE {} TEMPLATE template0", identifier(&name));
    session.client().batch_execute(&create).await.map_err(|error| AdapterError::Connect {
        target: sessions.options().redacted(),
        reason: format!(
            "SQL is loaded into a scratch database, which could not be made: {}; give the role CREATEDB or load the SQL \
             into a database of your own and name that",
            describe(&error)
        ),
    })?;
    let result = load(sessions, &name, &statements, origin).await;
    sessions.close(&name);
    let drop = format!("DROP DATABASE {} WITH (FORCE)", identifier(&name));
    let dropped = session.client().batch_execute(&drop).await;
    sessions.give_back(&home, session);
    let snapshot = result?;
    dropped.map_err(|error| AdapterError::Connect {
        target: sessions.options().redacted(),
        reason: format!("the scratch database {name} is left over, drop it: {}", describe(&error)),
    })?;
    Ok(snapshot)
}

async fn load(
    sessions: &Sessions,
    name: &str,
    statements: &[ScriptStatement<'_>],
    origin: &str,
) -> Result<SchemaSnapshot, AdapterError> {
    let mut session: Session = sessions.take(name).await?;
    for ScriptStatement { text, line } in statements {
        session.client().batch_execute(text).await.map_err(|error| AdapterError::Load {
            origin: origin.to_owned(),
            line: *line,
            statement: text.chars().take(SHOWN_MAX).collect(),
            reason: describe(&error),
        })?;
    }
    let tenant = TenantContext::new(origin, Location::Database(name.to_owned()));
    let nothing = || AdapterError::Inspection { tenant: origin.to_owned(), reason: "nothing was read".to_owned() };
    session
        .client()
        .batch_execute("RESET ALL")
        .await
        .map_err(|error| AdapterError::Inspection { tenant: origin.to_owned(), reason: describe(&error) })?;
    inspect_settled(&mut session, std::slice::from_ref(&tenant)).await.pop().unwrap_or_else(|| Err(nothing()))
}
