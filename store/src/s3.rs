//! Keys as objects of a bucket. A key is created by a PUT with `If-None-Match: *`, which the server lets one writer
//! alone win. A request whose answer was lost is settled by looking at what is there.

mod answers;
mod client;
mod proof;

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumAlgorithm;
use jiff::Timestamp;

use self::answers::Answer;
use crate::keyed::{Creation, KeyedStore, Keys, Listed};
use crate::{OpenMode, S3Url, StoreError};

/// Keys that a server lists at once at most.
const PAGE_KEYS_MAX: usize = 1_000;
/// How often a request is made that the server answers with "try again", or whose answer broke off. Those that it did
/// not answer at all the SDK has repeated before.
const ATTEMPTS: u32 = 8;
const FIRST_PAUSE_MS: u64 = 10;

/// Opens the store in a bucket.
pub(crate) async fn open(url: &S3Url, mode: OpenMode) -> Result<KeyedStore<S3Keys>, StoreError> {
    let location = url.to_string();
    let (client, endpoint) = client::connect(url, &location).await?;
    let prefix = if url.prefix.is_empty() { String::new() } else { format!("{}/", url.prefix) };
    KeyedStore::open(S3Keys { client, bucket: url.bucket.clone(), prefix, endpoint, location }, mode).await
}

/// The objects of a bucket whose keys begin so.
#[derive(Debug)]
pub(crate) struct S3Keys {
    client: Client,
    bucket: String,
    prefix: String,
    endpoint: Option<String>,
    location: String,
}

/// What a server says to a conditional PUT.
enum Put {
    Done,
    /// 412: something is there.
    Taken,
    /// 409: somebody else is just writing there, and either of us may win.
    Undecided,
}

impl S3Keys {
    fn whole_key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    async fn put(&self, key: &str, bytes: &[u8]) -> Result<Put, Answer> {
        let request = self.client.put_object().bucket(&self.bucket).key(self.whole_key(key));
        let request = request.if_none_match("*").checksum_algorithm(ChecksumAlgorithm::Crc32);
        match request.body(ByteStream::from(bytes.to_vec())).send().await {
            Ok(_) => Ok(Put::Done),
            Err(error) => {
                let answer = Answer::of(error);
                match answer.status {
                    Some(412) => Ok(Put::Taken),
                    Some(409) => Ok(Put::Undecided),
                    _ => Err(answer),
                }
            }
        }
    }

    /// Creates a key, or says why that is not known.
    async fn try_create(&self, key: &str, bytes: &[u8]) -> Result<Creation, Answer> {
        for attempt in 0..ATTEMPTS {
            let outcome = self.put(key, bytes).await;
            match outcome {
                Ok(Put::Done) => return Ok(Creation::Created),
                // Our own bytes are there where the SDK has repeated a request that had been done.
                Ok(Put::Taken) => match self.try_get(key).await? {
                    Some(found) if found == bytes => return Ok(Creation::Created),
                    Some(_) => return Ok(Creation::Exists),
                    None => {}
                },
                Ok(Put::Undecided) => {}
                Err(answer) if answer.leaves_it_open() => match self.try_get(key).await {
                    Ok(Some(found)) if found == bytes => return Ok(Creation::Created),
                    Ok(Some(_)) => return Ok(Creation::Exists),
                    Ok(None) | Err(_) => return Err(answer),
                },
                Err(answer) => return Err(answer),
            }
            pause(attempt).await;
        }
        Err(Answer::undecided(ATTEMPTS))
    }

    async fn try_get(&self, key: &str) -> Result<Option<Vec<u8>>, Answer> {
        let mut attempt = 0;
        loop {
            let request = self.client.get_object().bucket(&self.bucket).key(self.whole_key(key));
            let output = match request.send().await.map_err(Answer::of) {
                Ok(output) => output,
                Err(answer) if answer.is_missing_key() => return Ok(None),
                Err(answer) => return Err(answer),
            };
            match output.body.collect().await {
                Ok(bytes) => return Ok(Some(bytes.into_bytes().to_vec())),
                Err(error) if attempt + 1 == ATTEMPTS => return Err(Answer::broken_off(&error)),
                Err(_) => attempt += 1,
            }
            pause(attempt).await;
        }
    }

    async fn try_delete(&self, key: &str) -> Result<(), Answer> {
        let request = self.client.delete_object().bucket(&self.bucket).key(self.whole_key(key));
        match request.send().await.map_err(Answer::of) {
            Err(answer) if !answer.is_missing_key() => Err(answer),
            _ => Ok(()),
        }
    }

    fn writing_failed(&self, answer: Answer) -> StoreError {
        answer.of_writing(&self.location)
    }

    fn reading_failed(&self, answer: Answer) -> StoreError {
        answer.of_reading(&self.location)
    }
}

#[async_trait]
impl Keys for S3Keys {
    fn location(&self) -> &str {
        &self.location
    }

    async fn check_writable(&self) -> Result<(), StoreError> {
        proof::check(self).await
    }

    async fn create(&self, key: &str, bytes: Vec<u8>) -> Result<Creation, StoreError> {
        self.try_create(key, &bytes).await.map_err(|answer| self.writing_failed(answer))
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.try_get(key).await.map_err(|answer| self.reading_failed(answer))
    }

    async fn list(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<Listed>, StoreError> {
        let prefix = self.whole_key(prefix);
        let mut after = (!after.is_empty()).then(|| self.whole_key(after));
        let mut listed = Vec::new();
        while listed.len() < limit {
            let keys = i32::try_from((limit - listed.len()).min(PAGE_KEYS_MAX)).unwrap_or(1);
            let request = self.client.list_objects_v2().bucket(&self.bucket).prefix(&prefix).max_keys(keys);
            let page = request.set_start_after(after.take()).send().await;
            let page = page.map_err(|error| self.reading_failed(Answer::of(error)))?;
            let is_last = !page.is_truncated().unwrap_or_default();
            for object in page.contents() {
                let Some(key) = object.key().and_then(|key| key.strip_prefix(&self.prefix)) else { continue };
                let stored =
                    object.last_modified().and_then(|time| Timestamp::from_millisecond(time.to_millis().ok()?).ok());
                listed.push(Listed {
                    key: key.to_owned(),
                    // A time that is not said is not old.
                    stored: stored.unwrap_or(Timestamp::MAX),
                    bytes: object.size().and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
                });
            }
            after = page.contents().last().and_then(|object| object.key().map(str::to_owned));
            if is_last || after.is_none() {
                break;
            }
        }
        Ok(listed)
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.try_delete(key).await.map_err(|answer| self.writing_failed(answer))
    }

    /// What a bucket lists is there for good.
    async fn settle(&self, _key: &str) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Doubles, and differs between those who met.
async fn pause(attempt: u32) {
    let longest_ms = FIRST_PAUSE_MS << attempt.min(10);
    tokio::time::sleep(Duration::from_millis(fastrand::u64(longest_ms / 2..=longest_ms))).await;
}
