//! Work that blocks, for stores whose libraries know nothing of waiting.

use crate::StoreError;

/// Runs work on a thread on which it may block. Once begun it goes on to its end, even if nobody waits for it any more.
pub(crate) async fn off_the_runtime<T: Send + 'static>(
    location: &str,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(StoreError::Io { store: location.to_owned(), reason: error.to_string() }))
}
