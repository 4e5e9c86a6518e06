//! Store URLs, and the one place that knows which backend a URL asks for.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use crate::{MemoryStore, S3Url, SnapshotStore, SqliteStore, StoreError, file};

const SUPPORTED: &str =
    "this version supports `sqlite:PATH`, `git:PATH`, `file:FOLDER`, `s3://BUCKET/PREFIX` and `memory:`";

/// Between the path of a repository and the name of a remote.
const REMOTE: &str = "?remote=";

/// Where a store is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum StoreUrl {
    /// `memory:`, a store that is gone with the process.
    Memory,
    /// `sqlite:PATH`, a file.
    Sqlite(PathBuf),
    /// `git:PATH`, a repository.
    Git {
        /// Its folder.
        path: PathBuf,
        /// The remote with which it is shared: `git:PATH?remote=origin`.
        remote: Option<String>,
    },
    /// `file:FOLDER`, a folder of files.
    File(PathBuf),
    /// `s3://BUCKET/PREFIX`, objects of a bucket.
    S3(S3Url),
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
            ("git", path) => git_url(rest, path),
            ("file", "") => refuse(text.to_owned(), "a folder must stand behind `file:`".to_owned()),
            ("file", path) if path.contains('\0') => {
                refuse("file:…".to_owned(), "a path cannot hold a NUL character".to_owned())
            }
            ("file", path) => Ok(Self::File(path.into())),
            ("s3", place) => match place.parse() {
                Ok(url) => Ok(Self::S3(url)),
                Err(reason) => refuse("s3:…".to_owned(), String::from(reason)),
            },
            _ => refuse(
                format!("{}:…", scheme.escape_debug()),
                format!("there is no such store; {SUPPORTED}, and `sqlite:` must be typed before a path"),
            ),
        }
    }
}

/// Reads what stands behind `git:`; `path` is the same without slashes that only a URL has.
fn git_url(typed: &str, path: &str) -> Result<StoreUrl, StoreError> {
    let refuse = |reason: &str| Err(StoreError::Url { url: "git:…".to_owned(), reason: reason.to_owned() });
    let elsewhere = (typed.starts_with("//") && !path.starts_with('/')) || path.contains("://");
    let (path, remote) = path.split_once(REMOTE).map_or((path, None), |(path, remote)| (path, Some(remote)));
    let plain = |remote: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        !remote.is_empty() && !remote.starts_with(['-', '.']) && remote.bytes().all(plain)
    };
    if elsewhere {
        refuse("a git store is a repository on this machine: clone it, and name the clone as `git:PATH?remote=origin`")
    } else if path.is_empty() {
        refuse("a path must stand behind `git:`")
    } else if path.contains('\0') {
        refuse("a path cannot hold a NUL character")
    } else if remote.is_some_and(|remote| !plain(remote)) {
        refuse("behind `?remote=` stands the name of one of the repository's remotes, as in `?remote=origin`")
    } else {
        Ok(StoreUrl::Git { path: path.into(), remote: remote.map(str::to_owned) })
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => formatter.write_str("memory:"),
            Self::Sqlite(path) => write!(formatter, "sqlite:{}", path.display()),
            Self::Git { path, remote: None } => write!(formatter, "git:{}", path.display()),
            Self::Git { path, remote: Some(remote) } => write!(formatter, "git:{}{REMOTE}{remote}", path.display()),
            Self::File(path) => write!(formatter, "file:{}", path.display()),
            Self::S3(url) => write!(formatter, "{url}"),
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
        StoreUrl::Git { path, remote } => Ok(Arc::new(crate::GitStore::open(path, remote.as_deref(), mode).await?)),
        #[cfg(not(feature = "git"))]
        StoreUrl::Git { .. } => {
            let reason = "this program was built without the feature `git`".to_owned();
            Err(StoreError::Url { url: url.to_string(), reason })
        }
        StoreUrl::File(path) => Ok(Arc::new(file::open(path, mode).await?)),
        #[cfg(feature = "s3")]
        StoreUrl::S3(url) => Ok(Arc::new(crate::s3::open(url, mode).await?)),
        #[cfg(not(feature = "s3"))]
        StoreUrl::S3(url) => Err(StoreError::Url {
            url: url.to_string(),
            reason: "this program was built without its feature `s3`".to_owned(),
        }),
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
            ("file:a store", "file:a store"),
            ("git:.schema-sync/store.git", "git:.schema-sync/store.git"),
            ("git:///var/a?b.git?remote=origin", "git:/var/a?b.git?remote=origin"),
            ("file:///var/store", "file:/var/store"),
            ("s3://bucket", "s3://bucket"),
            ("s3://bucket/", "s3://bucket"),
            ("s3:bucket/a/b=1/?", "s3://bucket/a/b=1"),
            (
                "s3://b.c/a?region=eu-west-1&endpoint=http://127.0.0.1:9000/",
                "s3://b.c/a?endpoint=http://127.0.0.1:9000&region=eu-west-1",
            ),
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
            ("git:?remote=origin", "a path must stand"),
            ("git:store?remote=", "the name of one of"),
            ("git:store?remote=--secret", "the name of one of"),
            ("git:store?remote=https://me:secret@host/store", "clone it"),
            ("git:https://me:secret@host/store.git", "clone it"),
            ("git://host/secret.git", "clone it"),
            ("file:", "a folder must stand"),
            ("s3://secret@bucket/prefix", "credentials belong in the environment"),
            ("s3:", "the name of a bucket must stand"),
            ("s3://bucket/a//b", "a prefix has parts"),
            ("s3://bucket/../b", "a prefix has parts"),
            ("s3://bucket?endpoint=http://me:secret@host", "without a user or a password"),
            ("s3://bucket?endpoint=host", "`endpoint` must be"),
            ("s3://bucket?secret=1", "may stand `endpoint=URL`"),
            ("s3://bucket?region=", "may stand `endpoint=URL`"),
            ("postgres://me:secret@host/database", "no such store"),
            ("SQLITE:secret", "no such store"),
        ] {
            let message = typed.parse::<StoreUrl>().unwrap_err().to_string();
            assert!(message.contains(word) && !message.contains("secret"), "{typed}: {message}");
        }
    }
}
