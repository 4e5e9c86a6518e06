//! Canonical schema snapshots named by their SHA-256, what differs between two of them, and the stores that keep them
//! together with their history. This crate knows no database: no kind's name occurs in it.
//!
//! ```
//! use schema_sync_store::{History, OpenMode, SchemaSnapshot, StoreError, open_store};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), StoreError> {
//! let store = open_store(&"memory:".parse()?, OpenMode::Create).await?;
//! let snapshot = SchemaSnapshot::empty("sqlite");
//! let entry = store.store("eu/acme", &snapshot, "alice").await?;
//! assert_eq!(entry.snapshot, Some(snapshot.hash()));
//! assert_eq!(store.get_latest("eu/acme").await?, Some(snapshot));
//! # Ok(())
//! # }
//! ```

mod blocking;
mod canonical;
mod canonical_json;
pub mod diff;
mod file;
#[cfg(feature = "git")]
mod git;
mod hash;
mod history;
mod keyed;
mod log;
mod log_name;
mod memory;
mod object;
mod open;
mod packed;
#[cfg(feature = "s3")]
mod s3;
mod s3_url;
mod snapshot;
mod sqlite;
mod store;

pub use canonical::SnapshotError;
pub use diff::{AttributeChange, DiffCalculator, ExactDiff, ObjectChange, SchemaDiff, Weight};
#[cfg(feature = "git")]
pub use git::GitStore;
pub use hash::{EntryHash, HashError, HashPrefix, PREFIX_HEX_DIGITS_MIN, SHORT_HEX_DIGITS, SnapshotHash};
pub use history::History;
pub use log::{Event, LogEntry, LogError, LogRange, NewEntry, verify_chain};
pub use log_name::{LOG_NAME_BYTES_MAX, LOG_NAME_PART_BYTES_MAX, LogName, LogNameError};
pub use memory::MemoryStore;
pub use object::{Attributes, Object, ObjectId};
pub use open::{OpenMode, StoreUrl, open_store};
pub use s3_url::S3Url;
pub use snapshot::{SNAPSHOT_FORMAT, SchemaSnapshot};
pub use sqlite::SqliteStore;
pub use store::{Append, FRESH_HOURS, SnapshotStore, StoreError, StoredObject, check_import};
