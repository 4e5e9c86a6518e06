//! Store URLs, and the one place that knows which backend a URL asks for.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use crate::{MemoryStore, SnapshotStore, SqliteStore, StoreError};

const SUPPORTED: &str = "this version supports `sqlite:PATH`, `git:PATH` and `memory:`";

/// Where a store is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum StoreUrl {
    /// `memory:`, a store that is gone with the process.
    Memory,
    /// `sqlite:PATH`, a file.
    Sqlite(PathBuf),
    /// `git:PATH`, a repository.
    Git(PathBuf),
}

/// What a store is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OpenMode {
    /// To read and write, and to be made where there is none.
    Create,
    /// To read and write; it must be there.
    ReadWrite,
    /// To read only; it must be there.
    ReadOnly,
}

impl FromStr for StoreUrl {
    type Err = StoreError;

    /// Reads a URL as it is typed. What stands behind an unknown scheme may be a secret, so errors do not repeat it.
    fn from_str(text: &str) -> Result<Self, StoreError> {
        let refuse = |url: String, reason: String| Err(StoreError::Url { url, reason });
        let Some((scheme, rest)) = text.split_once(':') else {
            return refuse(
                text.escape_debug().to_string(),
                format!("it has no scheme; {SUPPORTED}, as in `sqlite:.schema-sync/store.db`"),
            );
        };
        match (scheme, rest.strip_prefix("//").unwrap_or(rest)) {
            ("memory", "") => Ok(Self::Memory),
            ("memory", _) => refuse("memory:…".to_owned(), "nothing may stand behind `memory:`".to_owned()),
            ("sqlite", "" | ":memory:") => {
                refuse(text.to_owned(), "a path must stand behind `sqlite:`; or use `memory:`".to_owned())
            }
            ("sqlite", path) if path.contains('\0') => {
                refuse("sqlite:…".to_owned(), "a path cannot hold a NUL character".to_owned())
            }
            ("sqlite", path) => Ok(Self::Sqlite(path.into())),
            ("git", "") => refuse(text.to_owned(), "a path must stand behind `git:`".to_owned()),
            ("git", path) => Ok(Self::Git(path.into())),
            ("s3" | "file", _) => {
                refuse(format!("{scheme}:…"), format!("`{scheme}:` stores are not supported yet; {SUPPORTED}"))
            }
            _ => refuse(
                format!("{}:…", scheme.escape_debug()),
                format!("there is no such store; {SUPPORTED}, and `sqlite:` must be typed before a path"),
            ),
        }
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => formatter.write_str("memory:"),
            Self::Sqlite(path) => write!(formatter, "sqlite:{}", path.display()),
            Self::Git(path) => write!(formatter, "git:{}", path.display()),
        }
    }
}

/// Opens the store that the URL names. A store in memory is a new one each time, whatever the mode.
///
/// # Errors
/// `Missing`, `NotAStore`, `Newer`, `ReadOnly` and what the system has to say.
pub async fn open_store(url: &StoreUrl, mode: OpenMode) -> Result<Arc<dyn SnapshotStore>, StoreError> {
    match url {
        StoreUrl::Memory => Ok(Arc::new(MemoryStore::new())),
        StoreUrl::Sqlite(path) => Ok(Arc::new(SqliteStore::open(path, mode).await?)),
        #[cfg(feature = "git")]
        StoreUrl::Git(path) => Ok(Arc::new(crate::GitStore::open(path, mode).await?)),
        #[cfg(not(feature = "git"))]
        StoreUrl::Git(_) => {
            let reason = "this program was built without the feature `git`".to_owned();
            Err(StoreError::Url { url: url.to_string(), reason })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_read_back_as_they_print() -> Result<(), StoreError> {
        for (typed, printed) in [
            ("memory:", "memory:"),
            ("sqlite:.schema-sync/store.db", "sqlite:.schema-sync/store.db"),
            ("sqlite:/var/lib/a b.db", "sqlite:/var/lib/a b.db"),
            ("sqlite:///var/store.db", "sqlite:/var/store.db"),
            ("sqlite://store.db", "sqlite:store.db"),
            ("sqlite:file:x?mode=memory", "sqlite:file:x?mode=memory"),
        ] {
            let url: StoreUrl = typed.parse()?;
            assert_eq!(url.to_string(), printed);
            assert_eq!(printed.parse::<StoreUrl>()?, url);
        }
        Ok(())
    }

    #[test]
    fn what_is_no_store_is_refused_without_its_secrets() {
        for (typed, word) in [
            ("", "no scheme"),
            ("store.db", "no scheme"),
            ("sqlite:", "a path must stand"),
            ("sqlite::memory:", "use `memory:`"),
            ("memory:x", "nothing may stand"),
            ("git:", "a path must stand"),
            ("s3://secret@bucket/prefix", "`s3:` stores are not supported yet"),
            ("postgres://me:secret@host/database", "no such store"),
            ("SQLITE:secret", "no such store"),
        ] {
            let message = typed.parse::<StoreUrl>().unwrap_err().to_string();
            assert!(message.contains(word) && !message.contains("secret"), "{typed}: {message}");
        }
    }
}
