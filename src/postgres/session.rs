//! Sessions: connections with their prepared statements, kept for the next tenant, and how requests are pipelined.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::join_all;
use tokio_postgres::{Client, Statement};

use super::catalog::{Server, statement};
use super::connection::Connection;
use super::kinds::SOURCES;
use super::options::ConnectOptions;
use crate::adapter::AdapterError;

/// A backend grows with every tenant that it prints; after this many a new one takes over.
const TENANTS_MAX: usize = 500;
/// More idle connections than this are closed.
const IDLE_MAX: usize = 16;

/// A connection that inspects.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) connection: Connection,
    pub(super) server: Server,
    /// The sources' statements, once they are prepared.
    statements: Vec<Statement>,
    tenants: usize,
}

impl Session {
    async fn open(options: &ConnectOptions) -> Result<Self, AdapterError> {
        let connection = options.connect().await?;
        let failed = |error: tokio_postgres::Error| AdapterError::Connect {
            target: options.redacted(),
            reason: describe(&error),
        };
        let row = connection
            .client
            .query_one("SELECT current_setting('server_version_num')::int4", &[])
            .await
            .map_err(failed)?;
        let version: i32 = row.try_get(0).map_err(failed)?;
        let version = u32::try_from(version).unwrap_or_default();
        if version < 140_000 {
            let reason = format!("the server is PostgreSQL {}; 14 is the oldest that is supported", version / 10_000);
            return Err(AdapterError::Connect { target: options.redacted(), reason });
        }
        Ok(Self { connection, server: Server { version }, statements: Vec::new(), tenants: 0 })
    }

    pub(super) fn client(&self) -> &Client {
        &self.connection.client
    }

    /// The sources' statements, in the order of [`SOURCES`]; prepared on first use, all in one go.
    pub(super) async fn statements(&mut self, tenants: usize) -> Result<&[Statement], tokio_postgres::Error> {
        self.tenants += tenants;
        if self.statements.is_empty() {
            let texts: Vec<String> = SOURCES.iter().map(|source| statement(&(source.body)(&self.server))).collect();
            let mut requests = Vec::with_capacity(texts.len());
            for text in &texts {
                requests.push(self.connection.client.prepare(text));
            }
            self.statements = in_order(requests).await.into_iter().collect::<Result<_, _>>()?;
        }
        Ok(&self.statements)
    }
}

/// The sessions of one server, by database.
#[derive(Debug)]
pub(super) struct Sessions {
    options: ConnectOptions,
    idle: Mutex<HashMap<String, Vec<Session>>>,
}

impl Sessions {
    pub(super) fn new(options: ConnectOptions) -> Arc<Self> {
        Arc::new(Self { options, idle: Mutex::default() })
    }

    pub(super) fn options(&self) -> &ConnectOptions {
        &self.options
    }

    /// A session on a database: an idle one, else a new one.
    pub(super) async fn take(&self, database: &str) -> Result<Session, AdapterError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).get_mut(database).and_then(Vec::pop);
        match idle {
            Some(session) if !session.client().is_closed() => Ok(session),
            _ => Session::open(&self.options.with_database(database)).await,
        }
    }

    /// Keeps a session for the next tenant; it must hold no transaction and no lock.
    pub(super) fn give_back(&self, database: &str, session: Session) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let sessions = idle.entry(database.to_owned()).or_default();
        if session.tenants < TENANTS_MAX && sessions.len() < IDLE_MAX && !session.client().is_closed() {
            sessions.push(session);
        }
    }

    /// Closes what is idle on a database.
    pub(super) fn close(&self, database: &str) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).remove(database);
    }
}

/// Sends all requests at once, in their order, and waits for all answers: one round trip.
///
/// Each future is polled once, in order, before any is waited for, as a request is sent at the first poll.
pub(super) async fn in_order<F: Future>(requests: Vec<F>) -> Vec<F::Output> {
    let mut pending: Vec<Pin<Box<F>>> = Vec::new();
    let mut answers: Vec<Option<F::Output>> = Vec::new();
    for request in requests {
        let mut request = Box::pin(request);
        match futures_util::poll!(request.as_mut()) {
            std::task::Poll::Ready(answer) => answers.push(Some(answer)),
            std::task::Poll::Pending => {
                answers.push(None);
                pending.push(request);
            }
        }
    }
    let mut late = join_all(pending).await.into_iter();
    answers.into_iter().filter_map(|answer| answer.or_else(|| late.next())).collect()
}

/// What the server or the network said, in full.
pub(super) fn describe(error: &tokio_postgres::Error) -> String {
    let Some(database_error) = error.as_db_error() else {
        let source = std::error::Error::source(error).map_or_else(String::new, |source| format!(": {source}"));
        return format!("{error}{source}");
    };
    let mut text = database_error.message().to_owned();
    for part in [database_error.detail(), database_error.hint()].into_iter().flatten() {
        text.push_str("; ");
        text.push_str(part);
    }
    format!("{text} (SQLSTATE {})", database_error.code().code())
}
