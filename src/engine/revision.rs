//! Revisions: what a person types to name a snapshot, and what is meant by it. Reads text only; what it names is looked
//! up elsewhere.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, time};
use jiff::tz::TimeZone;
use schema_sync_store::HashPrefix;

use crate::redact::redact;

/// Schemes of database URLs, as they are typed.
const DATABASE_SCHEMES: [&str; 5] = ["postgres://", "postgresql://", "mysql://", "mariadb://", "sqlite:"];
const TENANT: &str = "tenant:";
const LIVE: &str = "live:";

/// A text that names no snapshot in any way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RevisionError {
    /// Nothing stands where something must.
    #[error("`{0}` names nothing: {1}")]
    Empty(String, &'static str),
    /// What stands behind `~` is no number.
    #[error("`{0}` ends in `~` and something that is no number of entries: `blessed~2` is two before the last")]
    Back(String),
    /// What stands in `@{…}` is no time.
    #[error(
        "`{text}` has no time in `@{{…}}`: {reason}; write `@{{2026-03-03}}` for the end of that day, \
             or `@{{2026-03-03T10:00+01:00}}`; without a zone it is UTC"
    )]
    Time {
        /// The whole text.
        text: String,
        /// What is wrong with the time.
        reason: String,
    },
    /// A scheme that is not known.
    #[error("`{scheme}` in `{text}` is no scheme of a database: {}", DATABASE_SCHEMES.join(", "))]
    Scheme {
        /// The whole text, without a password.
        text: String,
        /// What stands before the colon.
        scheme: String,
    },
}

/// A log that people name: a ref or a tenant's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A ref, by its name.
    Ref(String),
    /// A tenant, by its full or short name.
    Tenant(String),
}

/// Which entry of a log is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The last one, or so many before it.
    Back(u64),
    /// The last one that was there at this time.
    At(Timestamp),
}

/// What a person typed to name a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revision {
    /// The object whose hash begins so.
    Hash(HashPrefix),
    /// An entry of a ref or of a tenant's history.
    Logged(Subject, Moment),
    /// A tenant as it is now, by its full or short name.
    Live(String),
    /// A database as it is now, by its URL.
    Database(String),
    /// SQL text: a file, or a folder of `*.sql` files in the order of their names.
    Sql(PathBuf),
    /// A snapshot document in a file.
    Document(PathBuf),
    /// A snapshot document on standard input.
    StandardInput,
}

impl FromStr for Revision {
    type Err = RevisionError;

    fn from_str(text: &str) -> Result<Self, RevisionError> {
        if text.is_empty() {
            return Err(RevisionError::Empty(text.to_owned(), "a revision is expected"));
        }
        if text == "-" {
            return Ok(Self::StandardInput);
        }
        if DATABASE_SCHEMES.iter().any(|scheme| text.starts_with(scheme)) {
            return Ok(Self::Database(text.to_owned()));
        }
        if let Some((scheme, _)) = text.split_once("://") {
            let text = redact(text);
            return Err(RevisionError::Scheme { text, scheme: scheme.to_owned() });
        }
        if text.ends_with(".snapshot") {
            return Ok(Self::Document(PathBuf::from(text)));
        }
        if is_sql_path(text) {
            return Ok(Self::Sql(PathBuf::from(text)));
        }
        if let Some(tenant) = text.strip_prefix(LIVE) {
            return named(text, tenant).map(Self::Live);
        }
        let (subject, moment) = split_moment(text)?;
        if let Some(tenant) = subject.strip_prefix(TENANT) {
            return Ok(Self::Logged(Subject::Tenant(named(text, tenant)?), moment.unwrap_or(Moment::Back(0))));
        }
        // No ref has a colon in its name: this was to be a URL, and what stands behind the colon may be a password.
        if let Some((scheme, _)) = subject.split_once(':') {
            let text = format!("{scheme}:…");
            return Err(RevisionError::Scheme { text, scheme: scheme.to_owned() });
        }
        if let (None, Ok(prefix)) = (moment, subject.parse()) {
            return Ok(Self::Hash(prefix));
        }
        Ok(Self::Logged(Subject::Ref(named(text, subject)?), moment.unwrap_or(Moment::Back(0))))
    }
}

/// A path is known by its form, so that what a revision means does not hang on what lies in the current folder.
fn is_sql_path(text: &str) -> bool {
    let has_ending = std::path::Path::new(text).extension().is_some_and(|extension| extension == "sql");
    has_ending || text.ends_with('/') || text.starts_with("./") || text.starts_with("../") || text.starts_with('/')
}

fn named(text: &str, name: &str) -> Result<String, RevisionError> {
    if name.is_empty() {
        return Err(RevisionError::Empty(text.to_owned(), "a name is missing"));
    }
    Ok(name.to_owned())
}

/// What stands before `~2` or `@{…}`, and what is meant by that.
fn split_moment(text: &str) -> Result<(&str, Option<Moment>), RevisionError> {
    if let Some((subject, rest)) = text.split_once("@{") {
        let error = |reason: String| RevisionError::Time { text: text.to_owned(), reason };
        let time = rest.strip_suffix('}').ok_or_else(|| error("the closing brace is missing".to_owned()))?;
        return Ok((subject, Some(Moment::At(read_times(time).map_err(error)?.1))));
    }
    if let Some((subject, count)) = text.rsplit_once('~') {
        let count = count.parse().map_err(|_| RevisionError::Back(text.to_owned()))?;
        return Ok((subject, Some(Moment::Back(count))));
    }
    Ok((text, None))
}

/// The first and the last moment that a text means. A time with its zone, or in UTC without one, is one moment; a date
/// alone is all of that day in UTC.
///
/// # Errors
/// A text that is no time.
pub fn read_times(text: &str) -> Result<(Timestamp, Timestamp), String> {
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Ok((timestamp, timestamp));
    }
    let in_utc = |moment: DateTime| moment.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp());
    let moments = if text.len() <= "2026-03-03".len() {
        text.parse::<Date>().and_then(|date| {
            Ok((in_utc(date.to_datetime(time(0, 0, 0, 0)))?, in_utc(date.to_datetime(time(23, 59, 59, 999_999_999)))?))
        })
    } else {
        text.parse::<DateTime>().and_then(in_utc).map(|moment| (moment, moment))
    };
    moments.map_err(|error| error.to_string())
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ref(name) => formatter.write_str(name),
            Self::Tenant(name) => write!(formatter, "{TENANT}{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Revision, RevisionError> {
        text.parse()
    }

    fn at(text: &str) -> Moment {
        Moment::At(text.parse().unwrap())
    }

    #[test]
    fn every_revision_of_the_documentation_is_understood() {
        let reference = |name: &str, moment| Revision::Logged(Subject::Ref(name.to_owned()), moment);
        let tenant = |name: &str, moment| Revision::Logged(Subject::Tenant(name.to_owned()), moment);
        let end_of_day = at("2026-03-03T23:59:59.999999999Z");
        for (text, expected) in [
            ("3f9ac2", Revision::Hash("3f9ac2".parse().unwrap())),
            ("blessed", reference("blessed", Moment::Back(0))),
            ("abc", reference("abc", Moment::Back(0))),
            ("tenant:acme", tenant("acme", Moment::Back(0))),
            ("tenant:eu/acme", tenant("eu/acme", Moment::Back(0))),
            ("blessed~2", reference("blessed", Moment::Back(2))),
            ("tenant:acme~2", tenant("acme", Moment::Back(2))),
            ("beef~1", reference("beef", Moment::Back(1))),
            ("blessed@{2026-03-03}", reference("blessed", end_of_day)),
            ("tenant:acme@{2026-03-03T10:00Z}", tenant("acme", at("2026-03-03T10:00:00Z"))),
            ("tenant:acme@{2026-03-03 10:00}", tenant("acme", at("2026-03-03T10:00:00Z"))),
            ("tenant:eu/acme~0", tenant("eu/acme", Moment::Back(0))),
            ("tenant:eu/acme@{2026-03-03}", tenant("eu/acme", end_of_day)),
            ("release-2@{20260303}", reference("release-2", end_of_day)),
            ("beef@{2026-03-03T10:00+01:00}", reference("beef", at("2026-03-03T09:00:00Z"))),
            ("blessed@{2026-03-03T10:00:30+02:00}", reference("blessed", at("2026-03-03T08:00:30Z"))),
            ("live:acme", Revision::Live("acme".to_owned())),
            ("postgres://h/db?schema=x", Revision::Database("postgres://h/db?schema=x".to_owned())),
            ("sqlite:a.db", Revision::Database("sqlite:a.db".to_owned())),
            ("schema.sql", Revision::Sql(PathBuf::from("schema.sql"))),
            ("migrations/", Revision::Sql(PathBuf::from("migrations/"))),
            ("x.snapshot", Revision::Document(PathBuf::from("x.snapshot"))),
            ("-", Revision::StandardInput),
        ] {
            assert_eq!(parse(text).as_ref(), Ok(&expected), "{text}");
        }
    }

    #[test]
    fn what_names_nothing_is_refused() {
        for text in [
            "",
            "tenant:",
            "live:",
            "~1",
            "@{2026-03-03}",
            "blessed~",
            "blessed~x",
            "blessed~-1",
            "blessed~99999999999999999999",
            "a@{",
            "a@{}",
            "a@{yesterday}",
            "a@{2026-02-30}",
            "a@{2026-03-03T25:00}",
            "a@{2026-03-03}~1",
            "postgre://h/d",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        let error = parse("postgre://me:s3cret@h/d?password=s3cret").unwrap_err().to_string();
        assert!(error.contains("postgre://me@h/d") && !error.contains("s3cret"), "{error}");
    }
}
