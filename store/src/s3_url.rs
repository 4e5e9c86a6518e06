//! What stands in the URL of a store in a bucket: `s3://BUCKET/PREFIX?endpoint=URL&region=NAME`. Credentials never do.

use std::fmt;
use std::str::FromStr;

/// Bytes of a prefix at most: a key has 1024, and the longest name of a log and its place follow.
const PREFIX_BYTES_MAX: usize = 150;
const BUCKET_BYTES_MAX: usize = 255;

/// A bucket, and where in it a store is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct S3Url {
    pub(crate) bucket: String,
    /// Without slashes at its ends; empty for the whole bucket.
    pub(crate) prefix: String,
    /// The server, where it is not Amazon's.
    pub(crate) endpoint: Option<String>,
    /// The region, where it is not that of the environment.
    pub(crate) region: Option<String>,
}

impl FromStr for S3Url {
    type Err = &'static str;

    /// Reads what stands behind `s3://`. The reason why it cannot be read repeats nothing of it.
    fn from_str(text: &str) -> Result<Self, &'static str> {
        let (place, query) = text.split_once('?').unwrap_or((text, ""));
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if bucket.is_empty() || bucket.len() > BUCKET_BYTES_MAX || !bucket.bytes().all(plain) {
            return Err("the name of a bucket must stand behind `s3://`, as in `s3://bucket/prefix`; \
                        credentials belong in the environment or in ~/.aws");
        }
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        let is_part =
            |part: &str| !matches!(part, "" | "." | "..") && part.bytes().all(|byte| plain(byte) || byte == b'=');
        if prefix.len() > PREFIX_BYTES_MAX || !(prefix.is_empty() || prefix.split('/').all(is_part)) {
            return Err("a prefix has parts of A-Z, a-z, 0-9, `.`, `_`, `-` and `=`, and 150 bytes at most");
        }
        let mut url = Self { bucket: bucket.to_owned(), prefix: prefix.to_owned(), endpoint: None, region: None };
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=') {
                Some(("endpoint", endpoint)) if is_endpoint(endpoint) => {
                    url.endpoint = Some(endpoint.trim_end_matches('/').to_owned());
                }
                Some(("endpoint", _)) => {
                    return Err(
                        "`endpoint` must be `http://HOST:PORT` or `https://HOST`, without a user or a password",
                    );
                }
                Some(("region", region)) if !region.is_empty() && region.bytes().all(plain) => {
                    url.region = Some(region.to_owned());
                }
                _ => return Err("behind `?` may stand `endpoint=URL` and `region=NAME`, parted by `&`"),
            }
        }
        Ok(url)
    }
}

fn is_endpoint(text: &str) -> bool {
    let address = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    address.is_some_and(|address| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".:_-[]/".contains(&byte);
        !address.is_empty() && address.bytes().all(plain)
    })
}

impl fmt::Display for S3Url {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "s3://{}", self.bucket)?;
        if !self.prefix.is_empty() {
            write!(formatter, "/{}", self.prefix)?;
        }
        let parameters = [("endpoint", &self.endpoint), ("region", &self.region)];
        let parameters = parameters.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
        for (index, (name, value)) in parameters.enumerate() {
            write!(formatter, "{}{name}={value}", if index == 0 { '?' } else { '&' })?;
        }
        Ok(())
    }
}
