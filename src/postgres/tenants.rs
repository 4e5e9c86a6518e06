//! Which tenants a connection leads to.

use globset::{Glob, GlobMatcher};

use super::session::{Sessions, describe};
use crate::adapter::{AdapterError, Location, TenantContext};

/// What a tenant is at this server, and which there are. Patterns are globs: `tenant_*`.
#[derive(Debug, Clone)]
pub enum TenantPattern {
    /// A tenant is a schema of the URL's database.
    Schemas {
        /// Which schemas.
        pattern: String,
        /// Which of them not.
        exclude: Vec<String>,
    },
    /// A tenant is a database of the server.
    Databases {
        /// Which databases.
        pattern: String,
        /// Which of them not.
        exclude: Vec<String>,
    },
    /// One schema of the URL's database is the only tenant.
    Schema(String),
    /// The URL's database is the only tenant.
    Database,
}

fn matcher(pattern: &str) -> Result<GlobMatcher, AdapterError> {
    let glob = Glob::new(pattern).map_err(|error| AdapterError::Url {
        url: pattern.to_owned(),
        reason: format!("it is no pattern: {}", error.kind()),
    })?;
    Ok(glob.compile_matcher())
}

impl TenantPattern {
    /// Sees that the patterns can be read.
    pub(super) fn check(&self) -> Result<(), AdapterError> {
        match self {
            Self::Schemas { pattern, exclude } | Self::Databases { pattern, exclude } => {
                [pattern].into_iter().chain(exclude).try_for_each(|pattern| matcher(pattern).map(drop))
            }
            Self::Schema(_) | Self::Database => Ok(()),
        }
    }
}

/// The tenants that a pattern finds, sorted by name.
pub(super) async fn list(sessions: &Sessions, pattern: &TenantPattern) -> Result<Vec<TenantContext>, AdapterError> {
    let options = sessions.options();
    let (query, pattern, exclude, locate): (_, _, _, fn(String) -> Location) = match pattern {
        TenantPattern::Schema(name) => return Ok(vec![TenantContext::new(name, Location::Schema(name.clone()))]),
        TenantPattern::Database => {
            let name = options.database().to_owned();
            return Ok(vec![TenantContext::new(&name, Location::Database(name.clone()))]);
        }
        TenantPattern::Schemas { pattern, exclude } => {
            let query = "SELECT nspname::text FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' \
                         ORDER BY nspname COLLATE \"C\"";
            (query, pattern, exclude, Location::Schema)
        }
        TenantPattern::Databases { pattern, exclude } => {
            let query = "SELECT datname::text FROM pg_database WHERE datallowconn AND NOT datistemplate \
                         ORDER BY datname COLLATE \"C\"";
            (query, pattern, exclude, Location::Database)
        }
    };
    let wanted = matcher(pattern)?;
    let unwanted = exclude.iter().map(|pattern| matcher(pattern)).collect::<Result<Vec<_>, _>>()?;
    let session = sessions.take(options.database()).await?;
    let failed = |error: tokio_postgres::Error| AdapterError::Connect {
        target: options.redacted(),
        reason: format!("the tenants cannot be listed: {}", describe(&error)),
    };
    let rows = session.client().query(query, &[]).await.map_err(failed)?;
    let mut tenants = Vec::new();
    for row in rows {
        let name: String = row.try_get(0).map_err(failed)?;
        if wanted.is_match(&name) && !unwanted.iter().any(|pattern| pattern.is_match(&name)) {
            tenants.push(TenantContext::new(name.clone(), locate(name)));
        }
    }
    sessions.give_back(options.database(), session);
    Ok(tenants)
}
