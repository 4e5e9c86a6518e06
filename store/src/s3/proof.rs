//! A server proves that it keeps its word before a store is trusted to it: many writers race for one key, and one alone
//! may win. Servers that take the condition and ignore it are many, and on them a log would lose entries in silence.

use crate::keyed::layout::PROBE;
use crate::keyed::{Creation, Keys, REQUESTS_MAX};
use crate::{EntryHash, StoreError};

use super::S3Keys;
use super::answers::Answer;

const ROUNDS: usize = 4;
const WRITERS: usize = REQUESTS_MAX / 2;

/// Asks the server once for each store; what it has shown is remembered there, with the server's address, as a bucket's
/// objects may be moved to another one.
pub(super) async fn check(keys: &S3Keys) -> Result<(), StoreError> {
    let server = EntryHash::of(keys.endpoint.as_deref().unwrap_or_default().as_bytes()).short();
    let passed = format!("{PROBE}passed-{server}");
    if keys.get(&passed).await?.is_some() {
        return Ok(());
    }
    for _ in 0..ROUNDS {
        race(keys).await?;
    }
    keys.create(&passed, b"one winner".to_vec()).await?;
    Ok(())
}

/// The key is removed whatever comes of it, by those who may delete.
async fn race(keys: &S3Keys) -> Result<(), StoreError> {
    let key = format!("{PROBE}race-{:016x}", fastrand::u64(..));
    let outcome = race_for(keys, &key).await;
    let _ = keys.try_delete(&key).await;
    outcome
}

async fn race_for(keys: &S3Keys, key: &str) -> Result<(), StoreError> {
    let unfit = |reason: String| StoreError::Unfit {
        store: keys.location.clone(),
        reason: format!("{reason}; use a server that honours `If-None-Match: *`, as Amazon S3 and Ceph do"),
    };
    let racers = (0..WRITERS).map(|racer| async move {
        let bytes = format!("writer {racer}").into_bytes();
        let outcome = keys.try_create(key, &bytes).await;
        (bytes, outcome)
    });
    let mut winners: Vec<Vec<u8>> = Vec::new();
    for (bytes, outcome) in futures_util::future::join_all(racers).await {
        match outcome {
            Ok(Creation::Created) => winners.push(bytes),
            Ok(Creation::Exists) => {}
            Err(answer) if answer.is_unsupported() => {
                return Err(unfit(format!("conditional writes are unknown to it: {}", answer.into_reason())));
            }
            Err(answer) => return Err(answer.of_writing(&keys.location)),
        }
    }
    let [winner] = winners.as_slice() else {
        return Err(unfit(format!("of {WRITERS} writers of one new key it told {} that they made it", winners.len())));
    };
    let late = keys.try_create(key, b"late").await.map_err(|answer: Answer| answer.of_writing(&keys.location))?;
    let found = keys.get(key).await?;
    if late == Creation::Exists && found.as_ref() == Some(winner) {
        Ok(())
    } else {
        Err(unfit("it wrote over a key that was there".to_owned()))
    }
}
