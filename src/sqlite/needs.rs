//! What views and triggers lean on, by SQLite's own compiler: its authorizer names every table and column that a
//! statement touches, and the view or trigger on whose behalf. Nothing is run.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::{Connection, Result};
use schema_sync_store::ObjectId;

use super::inventory::Names;
use super::statement_text::names_in;

/// One touch of a table, and the view or trigger that touches it.
struct Access {
    accessor: Option<String>,
    table: String,
    column: Option<String>,
}

/// A view or trigger whose needs are asked for.
pub(super) struct Question {
    /// The name by which the authorizer knows it.
    pub(super) accessor: String,
    /// A statement whose compilation compiles it as well.
    pub(super) statement: String,
    /// Its own text, for the case that it does not compile.
    pub(super) sql: String,
}

/// The needs of each. What does not compile, being broken or using functions that are not there, is answered from the
/// names in its text: every table that is spoken of.
pub(super) fn answer(
    connection: &mut Connection,
    questions: &[Question],
    names: &Names,
) -> Result<Vec<BTreeSet<ObjectId>>> {
    let log: Arc<Mutex<Vec<Access>>> = Arc::default();
    let writer = Arc::clone(&log);
    connection.authorizer(Some(move |context: AuthContext<'_>| {
        if let Some(access) = access_of(&context) {
            writer.lock().unwrap_or_else(PoisonError::into_inner).push(access);
        }
        Authorization::Allow
    }))?;
    let mut answers = Vec::with_capacity(questions.len());
    for question in questions {
        let compiles = connection.prepare(&question.statement).is_ok();
        let accesses = std::mem::take(&mut *log.lock().unwrap_or_else(PoisonError::into_inner));
        answers.push(if compiles { by_access(question, &accesses, names) } else { by_text(question, names) });
    }
    connection.authorizer(None::<fn(AuthContext<'_>) -> Authorization>)?;
    Ok(answers)
}

fn access_of(context: &AuthContext<'_>) -> Option<Access> {
    let (table, column) = match context.action {
        AuthAction::Read { table_name, column_name } | AuthAction::Update { table_name, column_name } => {
            (table_name, Some(column_name))
        }
        AuthAction::Insert { table_name } | AuthAction::Delete { table_name } => (table_name, None),
        _ => return None,
    };
    let accessor = context.accessor.map(str::to_owned);
    Some(Access { accessor, table: table.to_owned(), column: column.map(str::to_owned) })
}

fn by_access(question: &Question, accesses: &[Access], names: &Names) -> BTreeSet<ObjectId> {
    let mut needs = BTreeSet::new();
    for access in accesses {
        let is_own = access.accessor.as_ref().is_some_and(|accessor| accessor.eq_ignore_ascii_case(&question.accessor));
        if let (true, Some(relation)) = (is_own, names.relation(&access.table)) {
            needs.insert(relation.clone());
            needs.extend(access.column.as_ref().and_then(|column| names.column(&access.table, column)).cloned());
        }
    }
    needs
}

/// Tables only: that one broken view speaks of another gives no order to make them in.
fn by_text(question: &Question, names: &Names) -> BTreeSet<ObjectId> {
    names_in(&question.sql)
        .filter_map(|name| names.relation(&name).cloned())
        .filter(|relation| relation.kind == "table" || relation.kind == "virtual_table")
        .collect()
}
