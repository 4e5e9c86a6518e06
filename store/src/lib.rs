//! Canonical schema snapshots named by their SHA-256, what differs between two of them, and the stores that keep them
//! together with their history. This crate knows no database: no kind's name occurs in it.

mod canonical;
pub mod diff;
mod hash;
mod object;
mod snapshot;

pub use canonical::SnapshotError;
pub use diff::{AttributeChange, DiffCalculator, ExactDiff, ObjectChange, SchemaDiff};
pub use hash::{EntryHash, HashError, HashPrefix, PREFIX_HEX_DIGITS_MIN, SHORT_HEX_DIGITS, SnapshotHash};
pub use object::{Attributes, Object, ObjectId};
pub use snapshot::{SNAPSHOT_FORMAT, SchemaSnapshot};
