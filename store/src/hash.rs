//! Names made of SHA-256: of snapshots and of log entries, and the prefixes that people type.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// Hex digits of a hash that are shown to people.
pub const SHORT_HEX_DIGITS: usize = 12;
/// Fewest hex digits that a person may type for a hash.
pub const PREFIX_HEX_DIGITS_MIN: usize = 4;
const HASH_HEX_DIGITS: usize = 64;

/// A text that is no hash or no prefix of one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// A whole hash has 64 hex digits.
    #[error("`{0}` is not a SHA-256: 64 hex digits are expected")]
    NotAHash(String),
    /// A prefix has 4 to 64 hex digits.
    #[error("`{0}` is not the beginning of a hash: 4 to 64 hex digits are expected")]
    NotAPrefix(String),
}

macro_rules! sha256_name {
    ($(#[$documentation:meta])* $name:ident) => {
        $(#[$documentation])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 32]);

        impl $name {
            /// The hash of exactly these bytes.
            #[must_use]
            pub fn of(bytes: &[u8]) -> Self {
                Self(Sha256::digest(bytes).into())
            }

            /// The 32 bytes of the digest.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }

            /// The first 12 hex digits, as shown to people.
            #[must_use]
            pub fn short(&self) -> String {
                let mut text = self.to_string();
                text.truncate(SHORT_HEX_DIGITS);
                text
            }
        }

        impl From<[u8; 32]> for $name {
            fn from(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = HashError;

            fn from_str(text: &str) -> Result<Self, HashError> {
                parse_hex(text).map(Self).ok_or_else(|| HashError::NotAHash(text.to_owned()))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

sha256_name! {
    /// The SHA-256 of a snapshot's canonical bytes; the snapshot's name.
    SnapshotHash
}
sha256_name! {
    /// The SHA-256 of a log entry's canonical bytes; each entry names the one before it by this.
    EntryHash
}

fn parse_hex(text: &str) -> Option<[u8; 32]> {
    if text.len() != HASH_HEX_DIGITS {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let high = char::from(pair[0]).to_digit(16)?;
        let low = char::from(pair[1]).to_digit(16)?;
        *byte = u8::try_from(high * 16 + low).ok()?;
    }
    Some(bytes)
}

/// The beginning of a hash as a person types it: 4 to 64 hex digits, kept in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HashPrefix(String);

impl HashPrefix {
    /// The hex digits, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first and the last hash that begin so.
    pub(crate) fn bounds(&self) -> (SnapshotHash, SnapshotHash) {
        let filled = |digit: &str| {
            let digits = format!("{}{}", self.0, digit.repeat(HASH_HEX_DIGITS - self.0.len()));
            SnapshotHash(parse_hex(&digits).unwrap_or_default())
        };
        (filled("0"), filled("f"))
    }

    /// Whether this hash begins so.
    #[must_use]
    pub fn matches(&self, hash: &SnapshotHash) -> bool {
        hash.to_string().starts_with(&self.0)
    }
}

impl fmt::Display for HashPrefix {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for HashPrefix {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Self, HashError> {
        let length_fits = (PREFIX_HEX_DIGITS_MIN..=HASH_HEX_DIGITS).contains(&text.len());
        if length_fits && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(HashError::NotAPrefix(text.to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_reads_back_as_it_prints() -> Result<(), HashError> {
        // FIPS 180-4 example: the digest of "abc".
        let hash = SnapshotHash::of(b"abc");
        assert_eq!(hash.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(hash.to_string().parse::<SnapshotHash>()?, hash);
        assert_eq!(hash.short(), "ba7816bf8f01");
        Ok(())
    }

    #[test]
    fn only_hex_of_the_right_length_is_a_name() -> Result<(), HashError> {
        for text in ["", "ba7", "ba78g", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015adff"] {
            assert!(text.parse::<HashPrefix>().is_err(), "{text}");
            assert!(text.parse::<SnapshotHash>().is_err(), "{text}");
        }
        let prefix: HashPrefix = "BA78".parse()?;
        assert!(prefix.matches(&SnapshotHash::of(b"abc")));
        assert!(!prefix.matches(&SnapshotHash::of(b"abd")));
        Ok(())
    }
}
