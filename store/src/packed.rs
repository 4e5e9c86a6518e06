//! The bytes that a snapshot is kept as where a store is free to choose them: its canonical bytes, compressed. Reading
//! them back hashes them again.

use std::io::Read;

use crate::{SchemaSnapshot, SnapshotHash, StoreError};

const COMPRESSION_LEVEL: i32 = 3;
/// Canonical bytes of a snapshot at most; what unpacks to more is damaged.
const SNAPSHOT_BYTES_MAX: u64 = 1 << 30;

pub(crate) fn pack(location: &str, snapshot: &SchemaSnapshot) -> Result<Vec<u8>, StoreError> {
    zstd::bulk::compress(&snapshot.to_bytes(), COMPRESSION_LEVEL)
        .map_err(|error| StoreError::Io { store: location.to_owned(), reason: error.to_string() })
}

/// The snapshot of this hash, whatever the bytes are said to be.
pub(crate) fn unpack(location: &str, hash: &SnapshotHash, packed: &[u8]) -> Result<SchemaSnapshot, StoreError> {
    let damaged =
        |reason: String| StoreError::Corrupt { store: location.to_owned(), what: format!("snapshot {hash}"), reason };
    let mut bytes = Vec::new();
    let unpacked = zstd::stream::read::Decoder::new(packed)
        .and_then(|decoder| decoder.take(SNAPSHOT_BYTES_MAX).read_to_end(&mut bytes));
    unpacked.map_err(|error| damaged(format!("it does not unpack: {error}")))?;
    let found = SnapshotHash::of(&bytes);
    if found != *hash {
        return Err(damaged(format!("its bytes have the hash {found}")));
    }
    SchemaSnapshot::from_bytes(&bytes).map_err(|error| StoreError::Snapshot {
        store: location.to_owned(),
        hash: *hash,
        error,
    })
}
