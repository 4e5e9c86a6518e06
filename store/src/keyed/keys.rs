//! What a store over keys needs of the place that keeps them: five calls, of which one alone carries the
//! compare-and-swap. Knows nothing of snapshots and logs.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::StoreError;

/// What came of [`Keys::create`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Creation {
    /// The key was free, and these bytes are there now.
    Created,
    /// The key was taken, by other bytes or by the same ones of somebody else.
    Exists,
}

/// A key that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) key: String,
    /// When its bytes were created, by the clock of the place that keeps them. They are never written over.
    pub(crate) stored: Timestamp,
    pub(crate) bytes: u64,
}

/// A place that keeps bytes under keys: words of plain characters, parted by slashes.
#[async_trait]
pub(crate) trait Keys: Send + Sync {
    /// The store's URL for messages, without secrets.
    fn location(&self) -> &str;

    /// Makes sure, before anything is written, that writing is possible and that `create` keeps its word here.
    async fn check_writable(&self) -> Result<(), StoreError>;

    /// Keeps bytes under a key that is free. Whatever it answers, what is under the key then is there for good; an
    /// error alone leaves it open whether these bytes are there.
    async fn create(&self, key: &str, bytes: Vec<u8>) -> Result<Creation, StoreError>;

    /// The bytes under a key; none where there is no such key.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// The keys that begin so, sorted as bytes, so many at most, of those behind `after`. Fewer only where there are no
    /// more.
    async fn list(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<Listed>, StoreError>;

    /// Removes a key, if it is there.
    async fn delete(&self, key: &str) -> Result<(), StoreError>;

    /// Makes sure that a key that was seen is there for good, also where somebody else is just making it.
    async fn settle(&self, key: &str) -> Result<(), StoreError>;
}
