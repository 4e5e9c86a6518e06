//! From URLs to adapters: the one place that lists the databases that are supported.

use std::path::Path;
use std::sync::Arc;

use crate::adapter::{AdapterError, DatabaseAdapter, Location, TenantContext};
use crate::config::{FleetConfig, TenantsConfig};
use crate::kind::Dialect;
use crate::postgres::{PostgresAdapter, PostgresDialect, TenantPattern};
use crate::redact::redact;
use crate::scope::Scope;
use crate::sqlite::{SqliteAdapter, SqliteDialect};

const SUPPORTED: &str = "`sqlite:PATH` and `postgres://USER@HOST/DATABASE` are supported";

/// A database URL, taken apart as far as is needed to know whose it is.
enum DatabaseUrl<'a> {
    /// The path of a file, or of the folder that patterns start from.
    Sqlite(&'a str),
    /// The URL without `schema`, which is no parameter of the server, and what stood there.
    Postgres { url: String, schema: Option<String> },
}

fn read(url: &str) -> Result<DatabaseUrl<'_>, AdapterError> {
    match url.split_once(':') {
        Some(("sqlite", path)) => Ok(DatabaseUrl::Sqlite(path.strip_prefix("//").unwrap_or(path))),
        Some(("postgres" | "postgresql", _)) => {
            let (url, schema) = split_schema(url)?;
            Ok(DatabaseUrl::Postgres { url, schema })
        }
        Some((scheme, _)) => Err(unusable(url, format!("`{scheme}` is no database; {SUPPORTED}"))),
        None => Err(unusable(url, format!("it has no scheme; {SUPPORTED}"))),
    }
}

/// Takes the parameter `schema` out of a URL. Only what stands behind the last `@` is looked at, as a password may hold
/// a question mark.
fn split_schema(url: &str) -> Result<(String, Option<String>), AdapterError> {
    let host = url.rfind('@').map_or(0, |index| index + 1);
    let Some(mark) = url[host..].find('?').map(|index| host + index) else { return Ok((url.to_owned(), None)) };
    let mut schema = None;
    let mut kept: Vec<&str> = Vec::new();
    for pair in url[mark + 1..].split('&') {
        match pair.strip_prefix("schema=") {
            Some("") => return Err(unusable(url, "no name stands behind `schema=`".to_owned())),
            Some(name) => schema = Some(name),
            None => kept.push(pair),
        }
    }
    let decode = |name: &str| percent_encoding::percent_decode_str(name).decode_utf8().map(|name| name.into_owned());
    let schema = schema.map(decode).transpose();
    let schema = schema.map_err(|_| unusable(url, "the name of its schema is no UTF-8".to_owned()))?;
    let mark_kept = if kept.is_empty() { "" } else { "?" };
    Ok((format!("{}{mark_kept}{}", &url[..mark], kept.join("&")), schema))
}

fn unusable(url: &str, reason: String) -> AdapterError {
    AdapterError::Url { url: redact(url), reason }
}

/// The adapter of a fleet; relative paths start from `folder`. A file of SQLite has neither owners nor grants.
pub(super) fn fleet(
    url: &str,
    fleet: &FleetConfig,
    folder: &Path,
    scope: Scope,
) -> Result<Arc<dyn DatabaseAdapter>, AdapterError> {
    match (read(url)?, &fleet.tenants) {
        (DatabaseUrl::Sqlite(path), TenantsConfig::Files(pattern)) => {
            let pattern = folder.join(path).join(pattern);
            let pattern = pattern.to_str().ok_or_else(|| unusable(url, "its path is no UTF-8".to_owned()))?;
            Ok(Arc::new(SqliteAdapter::new(pattern, &fleet.exclude)?))
        }
        (DatabaseUrl::Postgres { url, schema: None }, TenantsConfig::Schemas(pattern)) => {
            let tenants = TenantPattern::Schemas { pattern: pattern.clone(), exclude: fleet.exclude.clone() };
            Ok(Arc::new(PostgresAdapter::with_scope(&url, tenants, scope)?))
        }
        (DatabaseUrl::Postgres { url, schema: None }, TenantsConfig::Databases(pattern)) => {
            let tenants = TenantPattern::Databases { pattern: pattern.clone(), exclude: fleet.exclude.clone() };
            Ok(Arc::new(PostgresAdapter::with_scope(&url, tenants, scope)?))
        }
        (DatabaseUrl::Postgres { .. }, TenantsConfig::Files(_)) => {
            Err(unusable(url, "tenants of PostgreSQL are schemas or databases, not files".to_owned()))
        }
        (DatabaseUrl::Postgres { schema: Some(_), .. }, _) => {
            Err(unusable(url, "a fleet's URL names no schema: `tenants = { schemas = \"tenant_*\" }` does".to_owned()))
        }
        (DatabaseUrl::Sqlite(_), _) => {
            Err(unusable(url, "tenants of SQLite are files: `tenants = { files = \"tenants/*.db\" }`".to_owned()))
        }
    }
}

/// The adapter and the one tenant that a database URL names; `?schema=NAME` names a schema of the database. `scope` is
/// what is looked at beyond the default.
///
/// # Errors
/// URLs that are not usable. Nothing is connected to yet.
pub async fn database(url: &str, scope: &Scope) -> Result<(Arc<dyn DatabaseAdapter>, TenantContext), AdapterError> {
    match read(url)? {
        DatabaseUrl::Sqlite("") => Err(unusable(url, "a path must stand behind `sqlite:`".to_owned())),
        DatabaseUrl::Sqlite(path) => {
            let tenant = TenantContext::new(redact(url), Location::File(path.into()));
            Ok((Arc::new(SqliteAdapter::new(path, &[])?), tenant))
        }
        DatabaseUrl::Postgres { url: server, schema: Some(schema) } => {
            let tenant =
                TenantContext::new(format!("{}?schema={schema}", redact(url)), Location::Schema(schema.clone()));
            let adapter = PostgresAdapter::with_scope(&server, TenantPattern::Schema(schema), scope.clone())?;
            Ok((Arc::new(adapter), tenant))
        }
        DatabaseUrl::Postgres { url: server, schema: None } => {
            let adapter = PostgresAdapter::with_scope(&server, TenantPattern::Database, scope.clone())?;
            let mut tenants = adapter.inspector().list_tenants().await?;
            let location = tenants.pop().map(|tenant| tenant.location);
            let location = location.ok_or_else(|| unusable(url, "it names no database".to_owned()))?;
            Ok((Arc::new(adapter), TenantContext::new(redact(url), location)))
        }
    }
}

/// The dialect of this name, as it stands in snapshots.
#[must_use]
pub fn dialect(name: &str) -> Option<&'static dyn Dialect> {
    match name {
        "sqlite" => Some(&SqliteDialect),
        "postgresql" => Some(&PostgresDialect),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_taken_out_of_a_url() {
        for (url, expected, schema) in [
            ("postgres://h/d", "postgres://h/d", None),
            ("postgres://h/d?schema=tenant%5Fa", "postgres://h/d", Some("tenant_a")),
            ("postgres://h/d?sslmode=require&schema=x", "postgres://h/d?sslmode=require", Some("x")),
            ("postgres://u:p?schema=no@h/d?schema=x", "postgres://u:p?schema=no@h/d", Some("x")),
        ] {
            let (kept, found) = split_schema(url).unwrap();
            assert_eq!((kept.as_str(), found.as_deref()), (expected, schema), "{url}");
        }
        assert!(split_schema("postgres://h/d?schema=").is_err());
    }

    #[tokio::test]
    async fn every_url_has_an_adapter_or_an_error() {
        for (url, is_usable) in [
            ("sqlite:a.db", true),
            ("sqlite:///tmp/a.db", true),
            ("sqlite:", false),
            ("postgres://h/d", true),
            ("postgresql://h/d?schema=x", true),
            ("mysql://h/d", false),
            ("h/d", false),
        ] {
            assert_eq!(database(url, &Scope::default()).await.is_ok(), is_usable, "{url}");
        }
    }
}
