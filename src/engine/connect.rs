//! From URLs to adapters: the one place that lists the databases that are supported.

use std::path::Path;
use std::sync::Arc;

use crate::adapter::{AdapterError, DatabaseAdapter, Location, TenantContext};
use crate::config::{FleetConfig, TenantsConfig};
use crate::kind::Dialect;
use crate::redact::redact;
use crate::sqlite::{SqliteAdapter, SqliteDialect};

const SUPPORTED: &str = "`sqlite:PATH` and `postgres://USER@HOST/DATABASE` are supported";

/// A database URL, taken apart as far as is needed to know whose it is.
enum DatabaseUrl<'a> {
    /// The path of a file, or of the folder that patterns start from.
    Sqlite(&'a str),
}

fn read(url: &str) -> Result<DatabaseUrl<'_>, AdapterError> {
    match url.split_once(':') {
        Some(("sqlite", path)) => Ok(DatabaseUrl::Sqlite(path.strip_prefix("//").unwrap_or(path))),
        Some((scheme, _)) => Err(unusable(url, format!("`{scheme}` is no database; {SUPPORTED}"))),
        None => Err(unusable(url, format!("it has no scheme; {SUPPORTED}"))),
    }
}

fn unusable(url: &str, reason: String) -> AdapterError {
    AdapterError::Url { url: redact(url), reason }
}

/// The adapter of a fleet; relative paths start from `folder`.
pub(super) fn fleet(url: &str, fleet: &FleetConfig, folder: &Path) -> Result<Arc<dyn DatabaseAdapter>, AdapterError> {
    match (read(url)?, &fleet.tenants) {
        (DatabaseUrl::Sqlite(path), TenantsConfig::Files(pattern)) => {
            let pattern = folder.join(path).join(pattern);
            let pattern = pattern.to_str().ok_or_else(|| unusable(url, "its path is no UTF-8".to_owned()))?;
            Ok(Arc::new(SqliteAdapter::new(pattern, &fleet.exclude)?))
        }
        (DatabaseUrl::Sqlite(_), _) => {
            Err(unusable(url, "tenants of SQLite are files: `tenants = { files = \"tenants/*.db\" }`".to_owned()))
        }
    }
}

/// The adapter and the one tenant that a database URL names; `?schema=NAME` names a schema of the database.
///
/// # Errors
/// URLs that are not usable. Nothing is connected to yet.
pub fn database(url: &str) -> Result<(Arc<dyn DatabaseAdapter>, TenantContext), AdapterError> {
    match read(url)? {
        DatabaseUrl::Sqlite("") => Err(unusable(url, "a path must stand behind `sqlite:`".to_owned())),
        DatabaseUrl::Sqlite(path) => {
            let tenant = TenantContext::new(redact(url), Location::File(path.into()));
            Ok((Arc::new(SqliteAdapter::new(path, &[])?), tenant))
        }
    }
}

/// The dialect of this name, as it stands in snapshots.
#[must_use]
pub fn dialect(name: &str) -> Option<&'static dyn Dialect> {
    match name {
        "sqlite" => Some(&SqliteDialect),
        _ => None,
    }
}

/// The adapter that loads SQL of this dialect without a server, where it needs none.
#[must_use]
pub fn scratch(name: &str) -> Option<Arc<dyn DatabaseAdapter>> {
    match name {
        "sqlite" => Some(Arc::new(SqliteAdapter::new("scratch.db", &[]).ok()?)),
        _ => None,
    }
}
