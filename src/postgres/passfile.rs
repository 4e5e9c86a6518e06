//! The password file, `~/.pgpass`: lines of `host:port:database:user:password`, the first that fits counts.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::secret::Secret;

const WILDCARD: &str = "*";

/// What a password file has for a connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Lookup {
    /// This password.
    Found(Secret),
    /// No line for this connection, or no such file.
    Nothing,
    /// The file is there and was not used, for this reason.
    Ignored(String),
}

/// What a connection is looked up by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// The host's name; `localhost` for the usual folders of sockets.
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) database: &'a str,
    pub(super) user: &'a str,
}

/// Looks a password up. As in libpq, a file that others may read is not used.
pub(super) fn find(path: &Path, wanted: Wanted<'_>) -> Lookup {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Lookup::Nothing,
        Err(error) => return Lookup::Ignored(format!("the password file {} cannot be read: {error}", path.display())),
    };
    if !metadata.is_file() {
        return Lookup::Ignored(format!("the password file {} is not a plain file", path.display()));
    }
    if is_open_to_others(&metadata) {
        let path = path.display();
        return Lookup::Ignored(format!(
            "the password file {path} was ignored because others may access it; run `chmod 600 {path}`"
        ));
    }
    match fs::read_to_string(path) {
        Ok(text) => find_line(&text, wanted).map_or(Lookup::Nothing, Lookup::Found),
        Err(error) => Lookup::Ignored(format!("the password file {} cannot be read: {error}", path.display())),
    }
}

#[cfg(unix)]
fn is_open_to_others(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o077 != 0
}

/// Elsewhere the folder that holds the file is what protects it.
#[cfg(not(unix))]
fn is_open_to_others(_metadata: &fs::Metadata) -> bool {
    false
}

fn find_line(text: &str, wanted: Wanted<'_>) -> Option<Secret> {
    let port = wanted.port.to_string();
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let mut rest = line;
        for value in [wanted.host, &port, wanted.database, wanted.user] {
            let (field, after) = take_field(rest);
            if field.raw != WILDCARD && field.value != value {
                return None;
            }
            rest = after?;
        }
        // The password is the last field: what follows a further colon is not part of it.
        Some(Secret::new(take_field(rest).0.value))
    })
}

struct Field<'a> {
    raw: &'a str,
    value: String,
}

/// The field up to the next bare colon, and what follows that colon; `\:` and `\\` stand for the second character.
fn take_field(text: &str) -> (Field<'_>, Option<&str>) {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '\\' => value.push(characters.next().map_or('\\', |(_, escaped)| escaped)),
            ':' => return (Field { raw: &text[..index], value }, Some(&text[index + 1..])),
            other => value.push(other),
        }
    }
    (Field { raw: text, value }, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: Wanted<'_> = Wanted { host: "db.example", port: 5432, database: "shop", user: "me" };

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(find_line(text, WANTED), expected.map(Secret::new), "{text}");
    }

    #[test]
    fn the_first_line_that_fits_counts() {
        check("db.example:5432:shop:me:one\n*:*:*:*:two\n", Some("one"));
        check("*:*:*:you:one\n*:*:shop:me:two\n", Some("two"));
        check("db.example:5433:shop:me:one\n", None);
        check("#*:*:*:*:one\n\n*:*:*:*:two\r\n", Some("two"));
        check("db.example:5432:shop:me\n", None);
        check("", None);
    }

    #[test]
    fn escapes_stand_for_what_they_escape() {
        check(r"*:*:*:*:a\:b\\c", Some(r"a:b\c"));
        check(r"db\.example:*:*:*:x", Some("x"));
        check(r"\*:*:*:*:x", None);
        check("*:*:*:*:a:b", Some("a"));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_not_used() -> std::io::Result<()> {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("pgpass");
        assert_eq!(find(&path, WANTED), Lookup::Nothing);
        fs::write(&path, "*:*:*:*:secret")?;
        for (mode, is_used) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o610, false)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
            match find(&path, WANTED) {
                Lookup::Found(secret) => assert!(is_used && secret.reveal() == "secret", "{mode:o}"),
                Lookup::Ignored(reason) => assert!(!is_used && reason.contains("chmod 600"), "{mode:o} {reason}"),
                Lookup::Nothing => panic!("{mode:o}: nothing found"),
            }
        }
        assert!(matches!(find(folder.path(), WANTED), Lookup::Ignored(_)));
        Ok(())
    }
}
