//! All that is known of PostgreSQL.

mod access;
mod catalog;
mod connection;
mod connection_failure;
mod database;
mod inspector;
mod keepsakes;
mod kinds;
mod look;
mod newcomers;
mod options;
mod passfile;
mod printed;
mod quote;
mod runner;
mod scratch;
mod script;
mod secret;
mod session;
mod spoken;
mod subjects;
mod tenants;
mod tls;
mod type_change;
mod url;

use std::sync::Arc;

use async_trait::async_trait;
use schema_sync_store::SchemaSnapshot;

use crate::adapter::{AdapterError, DatabaseAdapter, DatabaseType, MigrationRunner, SchemaInspector};
use crate::kind::Dialect;
use crate::scope::Scope;
use inspector::Inspector;
use runner::Runner;
use session::{Sessions, describe};

pub use connection::Connection;
pub use kinds::PostgresDialect;
pub use options::ConnectOptions;
pub use tenants::TenantPattern;

/// A PostgreSQL server with the tenants that a pattern finds.
#[derive(Debug)]
pub struct PostgresAdapter {
    inspector: Arc<Inspector>,
    runner: Arc<Runner>,
    sessions: Arc<Sessions>,
}

impl PostgresAdapter {
    /// An adapter for a URL as libpq has it (PostgreSQL manual, 34.1.1). Nothing is connected yet.
    ///
    /// # Errors
    /// A URL or a pattern that cannot be read.
    pub fn new(url: &str, tenants: TenantPattern) -> Result<Self, AdapterError> {
        Self::with_scope(url, tenants, Scope::default())
    }

    /// The same, looking at what this scope has beyond the default.
    ///
    /// # Errors
    /// A URL or a pattern that cannot be read.
    pub fn with_scope(url: &str, tenants: TenantPattern, scope: Scope) -> Result<Self, AdapterError> {
        tenants.check()?;
        let sessions = Sessions::new(ConnectOptions::parse(url)?, scope);
        let inspector = Arc::new(Inspector { sessions: Arc::clone(&sessions), pattern: tenants });
        let runner = Arc::new(Runner { sessions: Arc::clone(&sessions) });
        Ok(Self { inspector, runner, sessions })
    }
}

#[async_trait]
impl DatabaseAdapter for PostgresAdapter {
    fn database_type(&self) -> DatabaseType {
        DatabaseType::Postgresql
    }

    fn dialect(&self) -> &'static dyn Dialect {
        &PostgresDialect
    }

    fn inspector(&self) -> Arc<dyn SchemaInspector> {
        Arc::clone(&self.inspector) as Arc<dyn SchemaInspector>
    }

    fn migration_runner(&self) -> Arc<dyn MigrationRunner> {
        Arc::clone(&self.runner) as Arc<dyn MigrationRunner>
    }

    async fn test_connection(&self) -> Result<String, AdapterError> {
        let options = self.sessions.options();
        let session = self.sessions.take(options.database()).await?;
        let failed = |error: tokio_postgres::Error| AdapterError::Connect {
            target: options.redacted(),
            reason: describe(&error),
        };
        let row = session.client().query_one("SELECT current_setting('server_version')", &[]).await.map_err(failed)?;
        let version: String = row.try_get(0).map_err(failed)?;
        self.sessions.give_back(options.database(), session);
        Ok(format!("PostgreSQL {version}"))
    }

    async fn inspect_sql(&self, sql: &str, origin: &str) -> Result<SchemaSnapshot, AdapterError> {
        scratch::inspect_sql(&self.sessions, sql, origin).await
    }
}
