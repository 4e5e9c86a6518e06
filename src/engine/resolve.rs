//! From a revision to the snapshot that it names.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use schema_sync_store::{SchemaSnapshot, SnapshotError};

use super::fleets::{FleetError, Fleets};
use super::registry::{Registry, RegistryError};
use super::revision::{Revision, RevisionError};
use super::{EngineError, connect};
use crate::adapter::{AdapterError, DatabaseAdapter};
use crate::scope::Scope;

/// Hex digits in a document's file name from which on it must be the document's hash.
const HASH_IN_FILE_NAME_DIGITS_MIN: usize = 12;

/// Why a revision names no snapshot.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The text means nothing.
    #[error(transparent)]
    Revision(#[from] RevisionError),
    /// The store does not have it.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// There is no such tenant.
    #[error(transparent)]
    Fleet(#[from] FleetError),
    /// The database failed, or the SQL does not load.
    #[error(transparent)]
    Database(#[from] AdapterError),
    /// The revision is looked up in a store, and there is none.
    #[error("`{0}` is looked up in the store, and there is none here")]
    NeedsStore(String),
    /// The revision is a tenant, and no fleet is configured.
    #[error("`{0}` is a tenant of a fleet, and no fleet is configured here")]
    NeedsFleet(String),
    /// It is not plain in which database's SQL a file is written.
    #[error("it is not plain which database's SQL {} is", .0.display())]
    NeedsDialect(PathBuf),
    /// A file cannot be read.
    #[error("cannot read {}: {reason}", .path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A folder without SQL.
    #[error("the folder {} has no *.sql file", .0.display())]
    NoSql(PathBuf),
    /// A document that is no snapshot.
    #[error("{document}: {error}")]
    Document {
        /// The file, or standard input.
        document: String,
        /// What is wrong with it.
        #[source]
        error: SnapshotError,
    },
    /// A document that is not the one that its file is named after.
    #[error("{} is damaged: its name begins with another hash than its content has, which is {found}", .path.display())]
    OtherDocument {
        /// The file.
        path: PathBuf,
        /// The hash of what is in it.
        found: String,
    },
}

impl From<EngineError> for ResolveError {
    fn from(error: EngineError) -> Self {
        Self::Fleet(error.into())
    }
}

/// Where revisions are looked up. What is absent is an error only for revisions that need it.
#[derive(Default)]
pub struct Sources<'a> {
    /// For hashes, refs and histories.
    pub registry: Option<&'a Registry>,
    /// For live tenants.
    pub fleets: Option<&'a Fleets>,
    /// The database whose SQL is read.
    pub scratch: Option<Arc<dyn DatabaseAdapter>>,
    /// What is looked at beyond the default in databases that are named by their URLs.
    pub scope: Scope,
}

impl Sources<'_> {
    /// The snapshot that this revision names; `typed` is what errors call it.
    ///
    /// # Errors
    /// See [`ResolveError`].
    pub async fn resolve(&self, revision: &Revision, typed: &str) -> Result<SchemaSnapshot, ResolveError> {
        match revision {
            Revision::Hash(prefix) => {
                let registry = self.registry_for(typed)?;
                Ok(registry.get(&registry.hash_beginning(prefix).await?).await?)
            }
            Revision::Logged(subject, moment) => {
                let registry = self.registry_for(typed)?;
                Ok(registry.get(&registry.hash_of(subject, *moment).await?).await?)
            }
            Revision::Live(name) => {
                let fleets = self.fleets.ok_or_else(|| ResolveError::NeedsFleet(typed.to_owned()))?;
                let (fleet, tenant) = fleets.find(name).await?;
                Ok(fleet.engine.inspect(&tenant).await?)
            }
            Revision::Database(url) => {
                let (adapter, tenant) = connect::database(url, &self.scope).await?;
                Ok(adapter.inspector().inspect_schema(&tenant).await?)
            }
            Revision::Sql(path) => {
                let scratch = self.scratch.as_ref().ok_or_else(|| ResolveError::NeedsDialect(path.clone()))?;
                load_sql(scratch.as_ref(), path).await
            }
            Revision::Document(path) => read_document(path),
            Revision::StandardInput => read_standard_input(),
        }
    }

    fn registry_for(&self, typed: &str) -> Result<&Registry, ResolveError> {
        self.registry.ok_or_else(|| ResolveError::NeedsStore(typed.to_owned()))
    }
}

fn unreadable(path: &Path) -> impl FnOnce(std::io::Error) -> ResolveError {
    let path = path.to_owned();
    move |error| ResolveError::Unreadable { path, reason: error.to_string() }
}

async fn load_sql(scratch: &dyn DatabaseAdapter, path: &Path) -> Result<SchemaSnapshot, ResolveError> {
    if !path.is_dir() {
        let sql = std::fs::read_to_string(path).map_err(unreadable(path))?;
        return Ok(scratch.inspect_sql(&sql, &path.display().to_string()).await?);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable(path))? {
        let file = entry.map_err(unreadable(path))?.path();
        if file.extension().is_some_and(|extension| extension == "sql") {
            files.push(file);
        }
    }
    files.sort_unstable();
    if files.is_empty() {
        return Err(ResolveError::NoSql(path.to_owned()));
    }
    let mut sql = String::new();
    let mut first_lines = Vec::with_capacity(files.len());
    for file in files {
        first_lines.push((sql.bytes().filter(|byte| *byte == b'\n').count(), file.clone()));
        sql.push_str(&std::fs::read_to_string(&file).map_err(unreadable(&file))?);
        sql.push('\n');
    }
    let loaded = scratch.inspect_sql(&sql, &path.display().to_string()).await;
    Ok(loaded.map_err(|error| in_its_file(error, &first_lines))?)
}

/// Files of a folder are loaded as one text; an error's line is counted from the beginning of its own file.
fn in_its_file(error: AdapterError, first_lines: &[(usize, PathBuf)]) -> AdapterError {
    match error {
        AdapterError::Load { line, reason, statement, origin } => {
            let file = first_lines.iter().rev().find(|(lines_before, _)| *lines_before < line);
            let (lines_before, origin) = file.map_or((0, origin), |(count, file)| (*count, file.display().to_string()));
            AdapterError::Load { origin, line: line - lines_before, statement, reason }
        }
        other => other,
    }
}

fn read_document(path: &Path) -> Result<SchemaSnapshot, ResolveError> {
    let bytes = std::fs::read(path).map_err(unreadable(path))?;
    let snapshot = SchemaSnapshot::from_bytes(&bytes)
        .map_err(|error| ResolveError::Document { document: path.display().to_string(), error })?;
    let found = snapshot.hash().to_string();
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let is_hash = stem.len() >= HASH_IN_FILE_NAME_DIGITS_MIN && stem.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash && !found.starts_with(&stem.to_ascii_lowercase()) {
        return Err(ResolveError::OtherDocument { path: path.to_owned(), found });
    }
    Ok(snapshot)
}

fn read_standard_input() -> Result<SchemaSnapshot, ResolveError> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes).map_err(unreadable(Path::new("standard input")))?;
    SchemaSnapshot::from_bytes(&bytes)
        .map_err(|error| ResolveError::Document { document: "standard input".to_owned(), error })
}
