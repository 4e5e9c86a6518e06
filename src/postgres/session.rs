//! Sessions: connections with their prepared statements, kept for the next tenant, and how requests are pipelined.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::{MaybeDone, maybe_done};
use tokio_postgres::{Client, Row, Statement};

use super::catalog::{Server, Source, statement};
use super::connection::Connection;
use super::kinds::{described, sources};
use super::options::ConnectOptions;
use crate::adapter::AdapterError;
use crate::scope::Scope;

/// A backend grows with every tenant that it prints; after this many a new one takes over.
const TENANTS_MAX: usize = 500;
/// More idle connections than this are closed.
const IDLE_MAX: usize = 16;

/// What a session prepares once.
#[derive(Debug)]
pub(super) struct Prepared {
    /// What is asked, in this order, with its statements.
    pub(super) sources: Vec<(&'static Source, Statement)>,
    /// See [`namespaces`], [`MEMBERS`], [`OPERATOR_CLASSES`] and [`VISIBLE`].
    pub(super) namespaces: Statement,
    pub(super) members: Statement,
    operator_classes: Statement,
    pub(super) visible: Statement,
    /// The operator classes that PostgreSQL brings along, which never change.
    pub(super) own_classes: Vec<Row>,
}

/// The schemas named `$1`, or all that are not the system's where `$2`; whether the role may use them; and whether the
/// database has anything that `described` reads.
fn namespaces() -> String {
    format!(
        "SELECT n.oid, n.nspname::text, has_schema_privilege(n.oid, 'USAGE'), {} {NAMESPACES}",
        described::any_in_schema()
    )
}

/// The schemas named `$1` (`text[]`), or where `$2`, all that are neither the system's nor an extension's.
pub(super) const NAMESPACES: &str = "FROM pg_namespace n \
     WHERE CASE WHEN $2 THEN n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' \
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 2615 AND d.objid = n.oid AND d.deptype = 'e') \
     ELSE n.nspname = ANY($1) END";
/// What belongs to extensions.
const MEMBERS: &str = "SELECT classid, objid, refobjid FROM pg_depend WHERE refclassid = 3079 AND deptype = 'e'";
/// Operator classes of this OID or a later one, and before another.
const OPERATOR_CLASSES: &str = "SELECT c.oid, n.nspname::text, c.opcname::text, c.opcintype, c.opcdefault \
     FROM pg_opclass c JOIN pg_namespace n ON n.oid = c.opcnamespace WHERE c.oid >= $1 AND c.oid < $2";
/// The first OID that is not PostgreSQL's own (`FirstNormalObjectId`).
const OWN_OIDS_END: u32 = 16384;
/// Which transactions are seen: equal texts, nothing changed in between.
const VISIBLE: &str = "SELECT pg_current_snapshot()::text";

impl Prepared {
    /// The operator classes that others than PostgreSQL itself have brought.
    pub(super) async fn added_classes(&self, client: &Client) -> Result<Vec<Row>, tokio_postgres::Error> {
        client.query(&self.operator_classes, &[&OWN_OIDS_END, &u32::MAX]).await
    }

    /// Prepares all in one go.
    async fn new(client: &Client, server: Server, scope: &Scope) -> Result<Self, tokio_postgres::Error> {
        let asked = sources(scope);
        let texts: Vec<String> = asked.iter().map(|source| statement(&(source.body)(&server))).collect();
        let mut requests = Vec::with_capacity(texts.len());
        for text in &texts {
            requests.push(client.prepare(text));
        }
        let namespaces = namespaces();
        let (sources, namespaces, members, operator_classes, visible) = futures_util::join!(
            in_order(requests),
            client.prepare(&namespaces),
            client.prepare(MEMBERS),
            client.prepare(OPERATOR_CLASSES),
            client.prepare(VISIBLE),
        );
        let sources: Vec<Statement> = sources.into_iter().collect::<Result<_, _>>()?;
        let sources = asked.into_iter().zip(sources).collect();
        let (namespaces, members) = (namespaces?, members?);
        let (operator_classes, visible) = (operator_classes?, visible?);
        let own_classes = client.query(&operator_classes, &[&0_u32, &OWN_OIDS_END]).await?;
        Ok(Self { sources, namespaces, members, operator_classes, visible, own_classes })
    }
}

/// A connection that inspects.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) connection: Connection,
    pub(super) server: Server,
    /// What it looks at.
    pub(super) scope: Arc<Scope>,
    prepared: Option<Arc<Prepared>>,
    tenants: usize,
}

impl Session {
    async fn open(options: &ConnectOptions, scope: Arc<Scope>) -> Result<Self, AdapterError> {
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
        Ok(Self { connection, server: Server { version }, scope, prepared: None, tenants: 0 })
    }

    pub(super) fn client(&self) -> &Client {
        &self.connection.client
    }

    /// What is prepared, on first use; `tenants` more are read with it.
    pub(super) async fn prepared(&mut self, tenants: usize) -> Result<Arc<Prepared>, tokio_postgres::Error> {
        self.tenants += tenants;
        if let Some(prepared) = &self.prepared {
            return Ok(Arc::clone(prepared));
        }
        let prepared = Arc::new(Prepared::new(&self.connection.client, self.server, &self.scope).await?);
        self.prepared = Some(Arc::clone(&prepared));
        Ok(prepared)
    }
}

/// The sessions of one server, by database.
#[derive(Debug)]
pub(super) struct Sessions {
    options: ConnectOptions,
    scope: Arc<Scope>,
    idle: Mutex<HashMap<String, Vec<Session>>>,
}

impl Sessions {
    pub(super) fn new(options: ConnectOptions, scope: Scope) -> Arc<Self> {
        Arc::new(Self { options, scope: Arc::new(scope), idle: Mutex::default() })
    }

    pub(super) fn options(&self) -> &ConnectOptions {
        &self.options
    }

    /// A session on a database: an idle one, else a new one.
    pub(super) async fn take(&self, database: &str) -> Result<Session, AdapterError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).get_mut(database).and_then(Vec::pop);
        match idle {
            Some(session) if !session.client().is_closed() => Ok(session),
            _ => Session::open(&self.options.with_database(database), Arc::clone(&self.scope)).await,
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

/// A request that was sent and whose answer may be there already.
pub(super) type Sent<F> = Pin<Box<MaybeDone<F>>>;

/// Sends all requests at once, in their order: one round trip.
///
/// Each future is polled once, in order, before any is waited for, as a request is sent at the first poll.
pub(super) async fn send<F: Future>(requests: Vec<F>) -> Vec<Sent<F>> {
    let mut sent = Vec::with_capacity(requests.len());
    for request in requests {
        let mut request = Box::pin(maybe_done(request));
        let _ = futures_util::poll!(request.as_mut());
        sent.push(request);
    }
    sent
}

/// The answer to a request.
pub(super) async fn answer<F: Future>(mut request: Sent<F>) -> Option<F::Output> {
    request.as_mut().await;
    request.as_mut().take_output()
}

/// Sends all requests at once, in their order, and waits for all answers.
pub(super) async fn in_order<F: Future>(requests: Vec<F>) -> Vec<F::Output> {
    let mut answers = Vec::with_capacity(requests.len());
    for request in send(requests).await {
        answers.extend(answer(request).await);
    }
    answers
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
