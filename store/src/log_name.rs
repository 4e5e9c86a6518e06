//! Names of logs: `tenants/eu/tenant_a`, `refs/blessed`. They become table rows, file names, branches and object keys,
//! so whatever a tenant is called is written with characters that every one of these takes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;

/// Bytes of one part of a log's name, as written, at most: a file's name and a lock beside it have 255.
pub const LOG_NAME_PART_BYTES_MAX: usize = 240;
/// Bytes of a log's whole name, as written, at most: an object's key has 1024, and something stands before and behind.
pub const LOG_NAME_BYTES_MAX: usize = 800;

const TENANTS: &str = "tenants/";
const REFS: &str = "refs/";
const ROLLOUTS: &str = "rollouts/";
/// What a part without characters is written as; no encoded character looks like it.
const EMPTY_PART: &str = "%";

/// A text that cannot name a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogNameError {
    /// The name is longer than some store could hold.
    #[error(
        "`{name}…` is too long to name a log: at most {LOG_NAME_BYTES_MAX} bytes, {LOG_NAME_PART_BYTES_MAX} between two \
         slashes, counting three for each character that is not plain"
    )]
    TooLong {
        /// Its beginning.
        name: String,
    },
    /// The text is not what the name of any log is written as.
    #[error("`{name}` is not the name of a log as it is written: {reason}")]
    NotWrittenSo {
        /// The text, with control characters escaped.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// The name of a log, as it is written: parts of `A-Z a-z 0-9 _ - .`, all else percent-encoded, parted by slashes.
///
/// Dots stay only where no file system, branch or URL gives them a meaning. Two different names are written differently.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogName(SmolStr);

impl LogName {
    /// The log of a tenant: its history. Takes any name, `eu/tenant_a` as well as hostile ones.
    ///
    /// # Errors
    /// A name that is too long.
    pub fn tenant(name: &str) -> Result<Self, LogNameError> {
        Self::written(TENANTS, name)
    }

    /// The log of a ref: its last entry is the ref's value.
    ///
    /// # Errors
    /// A name that is too long.
    pub fn reference(name: &str) -> Result<Self, LogNameError> {
        Self::written(REFS, name)
    }

    /// The log of a rollout: its journal.
    ///
    /// # Errors
    /// A name that is too long.
    pub fn rollout(name: &str) -> Result<Self, LogNameError> {
        Self::written(ROLLOUTS, name)
    }

    fn written(area: &str, name: &str) -> Result<Self, LogNameError> {
        let mut text = area.to_owned();
        for (index, part) in name.split('/').enumerate() {
            if index > 0 {
                text.push('/');
            }
            let start = text.len();
            encode_part(part, &mut text);
            if text.len() - start > LOG_NAME_PART_BYTES_MAX || text.len() > LOG_NAME_BYTES_MAX {
                return Err(LogNameError::TooLong { name: beginning(name) });
            }
        }
        Ok(Self(text.into()))
    }

    /// The name as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The tenant's own name, where this is a tenant's log.
    #[must_use]
    pub fn tenant_name(&self) -> Option<String> {
        decode(self.0.strip_prefix(TENANTS)?)
    }

    /// The ref's own name, where this is a ref's log.
    #[must_use]
    pub fn reference_name(&self) -> Option<String> {
        decode(self.0.strip_prefix(REFS)?)
    }

    /// The rollout's own name, where this is a rollout's log.
    #[must_use]
    pub fn rollout_name(&self) -> Option<String> {
        decode(self.0.strip_prefix(ROLLOUTS)?)
    }
}

impl FromStr for LogName {
    type Err = LogNameError;

    /// Reads a name as it is written; nothing is encoded here, so that what is not written so is refused.
    fn from_str(text: &str) -> Result<Self, LogNameError> {
        let refuse = |reason| LogNameError::NotWrittenSo { name: beginning(text), reason };
        let (area, name) = text.split_once('/').ok_or_else(|| refuse("it has no slash, as in `refs/blessed`"))?;
        let plain_area = !area.is_empty() && area.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        if !plain_area {
            return Err(refuse("it does not begin with a word of a-z and a slash, as in `refs/blessed`"));
        }
        let decoded = decode(name).ok_or_else(|| refuse("a percent sign is not followed by the digits of a byte"))?;
        let written = Self::written(&text[..=area.len()], &decoded)?;
        if written.as_str() == text {
            Ok(written)
        } else {
            Err(refuse("only A-Z, a-z, 0-9, `_`, `-` and inner dots are plain, all else is percent-encoded"))
        }
    }
}

impl fmt::Display for LogName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Serialize for LogName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for LogName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        SmolStr::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Git refuses parts that begin or end with a dot, hold two in a row or end in `.lock`; so all dots of these are encoded.
fn encode_part(part: &str, text: &mut String) {
    if part.is_empty() {
        text.push_str(EMPTY_PART);
        return;
    }
    let dots_are_plain =
        !(part.starts_with('.') || part.ends_with('.') || part.contains("..") || part.ends_with(".lock"));
    for byte in part.bytes() {
        let plain = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') || (byte == b'.' && dots_are_plain);
        if plain {
            text.push(char::from(byte));
        } else {
            text.push('%');
            for digit in [byte >> 4, byte & 0xf] {
                text.extend(char::from_digit(digit.into(), 16).map(|digit| digit.to_ascii_uppercase()));
            }
        }
    }
}

/// The name that is written so, where it is UTF-8; `None` also where a percent sign stands alone beside something.
fn decode(text: &str) -> Option<String> {
    let parts: Option<Vec<String>> = text.split('/').map(decode_part).collect();
    Some(parts?.join("/"))
}

fn decode_part(part: &str) -> Option<String> {
    if part == EMPTY_PART {
        return Some(String::new());
    }
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let high = char::from(rest.next()?).to_digit(16)?;
            let low = char::from(rest.next()?).to_digit(16)?;
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

fn beginning(name: &str) -> String {
    name.chars().take(80).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_written_plainly_and_reads_back() -> Result<(), LogNameError> {
        for (name, written) in [
            ("acme", "tenants/acme"),
            ("eu/tenant_a", "tenants/eu/tenant_a"),
            ("acme.db", "tenants/acme.db"),
            ("", "tenants/%"),
            ("/a//", "tenants/%/a/%/%"),
            ("..", "tenants/%2E%2E"),
            ("a/../b", "tenants/a/%2E%2E/b"),
            (".hidden", "tenants/%2Ehidden"),
            ("a.b.lock", "tenants/a%2Eb%2Elock"),
            ("%", "tenants/%25"),
            ("%41", "tenants/%2541"),
            ("a b\n\0\u{7f}", "tenants/a%20b%0A%00%7F"),
            ("ä", "tenants/%C3%A4"),
            ("C:\\x", "tenants/C%3A%5Cx"),
        ] {
            let log = LogName::tenant(name)?;
            assert_eq!(log.as_str(), written);
            assert_eq!(log.tenant_name().as_deref(), Some(name));
            assert_eq!(log.reference_name(), None);
            assert_eq!(written.parse::<LogName>()?, log);
        }
        assert_eq!(LogName::reference("blessed")?.reference_name().as_deref(), Some("blessed"));
        assert_eq!(LogName::rollout("2026-11-21-1")?.rollout_name().as_deref(), Some("2026-11-21-1"));
        Ok(())
    }

    #[test]
    fn what_is_not_written_so_names_no_log() {
        for text in [
            "",
            "acme",
            "/acme",
            "../acme",
            "Tenants/a",
            "refs/",
            "refs/a//b",
            "refs/..",
            "refs/a b",
            "refs/%41",
            "refs/%2e%2e",
            "refs/%",
            "refs/%%",
            "refs/%2",
            "refs/%FF",
            "refs/ä",
            "refs/a.lock",
            "refs/\u{1}",
        ] {
            let result = text.parse::<LogName>();
            // A part without characters is the one that is written as a lone percent sign.
            assert_eq!(result.is_ok(), text == "refs/%", "{text:?}: {result:?}");
        }
    }

    #[test]
    fn long_names_are_refused_and_said_to_be() -> Result<(), LogNameError> {
        LogName::tenant(&"a".repeat(LOG_NAME_PART_BYTES_MAX))?;
        let long = ["a".repeat(LOG_NAME_PART_BYTES_MAX + 1), "ä".repeat(41), "a/".repeat(400), "\u{0}".repeat(81)];
        for name in long {
            let error = LogName::tenant(&name);
            assert!(matches!(error, Err(LogNameError::TooLong { .. })), "{error:?}");
        }
        Ok(())
    }
}
