//! From URLs to adapters: the one place that lists the databases that are supported.

use std::path::Path;
use std::sync::Arc;

use super::revision::redact;
use crate::adapter::{AdapterError, DatabaseAdapter, TenantContext};
use crate::config::FleetConfig;
use crate::kind::Dialect;

const SUPPORTED: &str = "`sqlite:PATH` and `postgres://USER@HOST/DATABASE` are supported";

/// A database URL's scheme, where it is supported.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Sqlite,
}

fn scheme_of(url: &str) -> Result<Scheme, AdapterError> {
    let scheme = url.split_once(':').map(|(scheme, _)| scheme);
    match scheme {
        Some("sqlite") => Ok(Scheme::Sqlite),
        Some(scheme) => Err(unusable(url, format!("`{scheme}` is no database; {SUPPORTED}"))),
        None => Err(unusable(url, format!("it has no scheme; {SUPPORTED}"))),
    }
}

fn unusable(url: &str, reason: String) -> AdapterError {
    AdapterError::Url { url: redact(url), reason }
}

/// The adapter of a fleet; relative paths start from `folder`.
pub(super) fn fleet(url: &str, fleet: &FleetConfig, folder: &Path) -> Result<Arc<dyn DatabaseAdapter>, AdapterError> {
    match scheme_of(url)? {
        Scheme::Sqlite => Err(unusable(url, format!("{} {}", fleet.name, folder.display()))),
    }
}

/// The adapter and the one tenant that a database URL names; `?schema=NAME` names a schema of the database.
///
/// # Errors
/// URLs that are not usable. Nothing is connected to yet.
pub fn database(url: &str) -> Result<(Arc<dyn DatabaseAdapter>, TenantContext), AdapterError> {
    match scheme_of(url)? {
        Scheme::Sqlite => Err(unusable(url, String::new())),
    }
}

/// The dialect of this name, as it stands in snapshots.
#[must_use]
pub fn dialect(name: &str) -> Option<&'static dyn Dialect> {
    let _ = name;
    None
}

/// The adapter that loads SQL of this dialect without a server.
#[must_use]
pub fn scratch(name: &str) -> Option<Arc<dyn DatabaseAdapter>> {
    let _ = name;
    None
}
