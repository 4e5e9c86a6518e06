//! All that is known of SQLite. A tenant is a database file.
//!
//! Objects are tables with their columns and constraints, indexes, views, triggers, and virtual tables (each with its
//! shadow tables as one object). Counters and statistics (`sqlite_sequence`, `sqlite_stat1`), `user_version` and the
//! file's settings are no part of a schema.

mod change;
mod connection;
mod dangers;
mod files;
mod inspect;
mod inventory;
mod kinds;
mod load;
mod lock;
mod model;
mod needs;
mod parse;
mod quote;
mod rebuild;
mod statement_text;
mod table;
mod table_text;
mod token;
mod violations;

use std::sync::Arc;

use async_trait::async_trait;
use schema_sync_store::SchemaSnapshot;

use self::connection::Access;
use self::files::Files;
use self::lock::{SqliteRunner, blocking};
use crate::adapter::{
    AdapterError, DatabaseAdapter, DatabaseType, Location, MigrationRunner, SchemaInspector, TenantContext,
};
use crate::kind::{Dialect, Kind};

const DIALECT_NAME: &str = "sqlite";

/// The kinds of SQLite.
#[derive(Debug, Clone, Copy)]
pub struct SqliteDialect;

impl Dialect for SqliteDialect {
    fn name(&self) -> &'static str {
        DIALECT_NAME
    }

    fn kind(&self, name: &str) -> Option<&'static dyn Kind> {
        kinds::KINDS.iter().copied().find(|kind| kind.name() == name)
    }
}

/// Files of SQLite.
#[derive(Debug, Clone)]
pub struct SqliteAdapter {
    files: Files,
}

impl SqliteAdapter {
    /// The files that a pattern finds, or one file.
    ///
    /// `pattern` is a path; `*`, `?`, `[…]` and `{…}` make it a pattern, in which `**` alone reaches over a slash. A
    /// tenant's short name is its file's name without the extension; `excluded` are patterns of short names.
    ///
    /// # Errors
    /// A pattern that is none.
    pub fn new(pattern: &str, excluded: &[String]) -> Result<Self, AdapterError> {
        Ok(Self { files: Files::new(pattern, excluded)? })
    }
}

#[async_trait]
impl DatabaseAdapter for SqliteAdapter {
    fn database_type(&self) -> DatabaseType {
        DatabaseType::Sqlite
    }

    fn dialect(&self) -> &'static dyn Dialect {
        &SqliteDialect
    }

    fn inspector(&self) -> Arc<dyn SchemaInspector> {
        Arc::new(SqliteInspector { files: self.files.clone() })
    }

    fn migration_runner(&self) -> Arc<dyn MigrationRunner> {
        Arc::new(SqliteRunner)
    }

    async fn test_connection(&self) -> Result<String, AdapterError> {
        Ok(format!("SQLite {}", rusqlite::version()))
    }

    async fn inspect_sql(&self, sql: &str, origin: &str) -> Result<SchemaSnapshot, AdapterError> {
        let (sql, name) = (sql.to_owned(), origin.to_owned());
        blocking(origin, move || load::inspect_sql(&sql, &name)).await
    }
}

/// Reads tenants' files, each in one read-only transaction.
#[derive(Debug)]
struct SqliteInspector {
    files: Files,
}

#[async_trait]
impl SchemaInspector for SqliteInspector {
    async fn inspect_schema(&self, tenant: &TenantContext) -> Result<SchemaSnapshot, AdapterError> {
        let context = tenant.clone();
        blocking(&tenant.name, move || {
            let mut connection = connection::open(&context, Access::Read)?;
            let failed = |error: rusqlite::Error| inspect::InspectError::Sqlite(error).of_tenant(&context.name);
            connection.execute_batch("BEGIN").map_err(failed)?;
            inspect::inspect(&mut connection).map_err(|error| error.of_tenant(&context.name))
        })
        .await
    }

    async fn schema_exists(&self, tenant: &TenantContext) -> Result<bool, AdapterError> {
        Ok(matches!(&tenant.location, Location::File(path) if path.is_file()))
    }

    async fn list_tenants(&self) -> Result<Vec<TenantContext>, AdapterError> {
        let files = self.files.clone();
        blocking("", move || files.tenants()).await
    }
}
