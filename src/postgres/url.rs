//! Connection strings as text: libpq's URLs and its `key=value` strings, taken apart into named parameters.
//!
//! Knows their grammar and not what a parameter means. A reason given here never repeats a piece of the text: a
//! password whose special characters were not encoded can end up in any of them.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

/// Parameters by libpq's names for them; lists of hosts and ports are joined by commas. Has no `Debug`, as one of them
/// is the password.
pub(super) type Parameters = BTreeMap<String, String>;

const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];
const ENCODE: &str = "special characters in user names and passwords must be percent-encoded (`@` as %40, `/` as %2F, \
                      `:` as %3A, `%` as %25)";

/// Takes a URL or a `key=value` string apart. Where a parameter is given twice, the last one counts, as in libpq.
///
/// # Errors
/// What is wrong with the text.
pub(super) fn parse(text: &str) -> Result<Parameters, String> {
    if let Some(rest) = SCHEMES.iter().find_map(|scheme| text.strip_prefix(scheme)) {
        parse_url(rest)
    } else if text.contains("://") && text.find("://") < text.find('=').or(Some(usize::MAX)) {
        Err("a PostgreSQL URL begins with `postgres://` or `postgresql://`".to_owned())
    } else if text.contains('=') {
        parse_pairs(text)
    } else {
        Err("this is neither `postgres://USER@HOST:PORT/DATABASE` nor `host=HOST dbname=DATABASE`".to_owned())
    }
}

/// The text with everything left out that may be part of a password, also where it is malformed.
pub(super) fn redact(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return if text.contains('=') { "key=value string".to_owned() } else { without_userinfo("", text) };
    };
    let (location, query) = rest.split_once('?').map_or((rest, None), |(location, query)| (location, Some(query)));
    // Where the password itself holds a `?`, the query still has the `@` that ends it.
    if query.is_some_and(|query| query.contains('@')) {
        return without_userinfo(&format!("{scheme}://"), rest);
    }
    let mut redacted = without_userinfo(&format!("{scheme}://"), location);
    for (index, pair) in query.iter().flat_map(|query| query.split('&')).enumerate() {
        redacted.push(if index == 0 { '?' } else { '&' });
        let name = pair.split('=').next().unwrap_or_default();
        let is_secret = decode(name).is_ok_and(|name| name.to_ascii_lowercase().contains("pass"));
        redacted.push_str(&if is_secret { format!("{name}=***") } else { pair.to_owned() });
    }
    redacted
}

fn without_userinfo(scheme: &str, location: &str) -> String {
    location.rsplit_once('@').map_or_else(|| format!("{scheme}{location}"), |(_, host)| format!("{scheme}***@{host}"))
}

/// Parses what follows the scheme: `[USER[:PASSWORD]@][HOST[:PORT][,...]][/DATABASE][?NAME=VALUE[&...]]`.
fn parse_url(rest: &str) -> Result<Parameters, String> {
    let mut parameters = Parameters::new();
    let mut store = |name: &str, value: &str| -> Result<(), String> {
        if !value.is_empty() {
            parameters.insert(name.to_owned(), decode(value)?);
        }
        Ok(())
    };
    let before_path = rest.find('/').map_or(rest, |slash| &rest[..slash]);
    let rest = if let Some((user_and_password, _)) = before_path.split_once('@') {
        let (user, password) = user_and_password.split_once(':').unwrap_or((user_and_password, ""));
        store("user", user)?;
        store("password", password)?;
        &rest[user_and_password.len() + 1..]
    } else {
        rest
    };
    let (authority, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let (hosts, ports) = split_hosts(authority)?;
    store("host", &hosts)?;
    store("port", &ports)?;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    store("dbname", path.strip_prefix('/').unwrap_or(path))?;
    if query.contains('@') {
        return Err(format!("there is a `@` behind the `?`: {ENCODE}"));
    }
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or("a parameter after the `?` has no `=`")?;
        let name = decode(name)?;
        match (name.as_str(), value) {
            // As in JDBC's URLs; libpq takes it too.
            ("ssl", "true") => store("sslmode", "require")?,
            _ => store(&name, value)?,
        }
    }
    Ok(parameters)
}

/// The hosts and the ports of `HOST[:PORT][,...]`, each joined by commas; ports are empty when none is given.
fn split_hosts(authority: &str) -> Result<(String, String), String> {
    let (mut hosts, mut ports) = (Vec::new(), Vec::new());
    for part in authority.split(',') {
        let (host, port) = if let Some(bracketed) = part.strip_prefix('[') {
            let (host, port) = bracketed.split_once(']').ok_or("an IPv6 address that begins with `[` has no `]`")?;
            match port.strip_prefix(':') {
                Some(port) => (host, port),
                None if port.is_empty() => (host, port),
                None => return Err("after the `]` of an IPv6 address only `:PORT` can stand".to_owned()),
            }
        } else {
            part.split_once(':').unwrap_or((part, ""))
        };
        if host.contains('@') || port.contains([':', '@']) {
            return Err(format!("the part with host and port is not clear: {ENCODE}"));
        }
        hosts.push(host);
        ports.push(port);
    }
    let ports = if ports.iter().all(|port| port.is_empty()) { String::new() } else { ports.join(",") };
    Ok((hosts.join(","), ports))
}

fn decode(text: &str) -> Result<String, String> {
    let bytes = text.as_bytes();
    let is_hex = |index: usize| bytes.get(index).is_some_and(u8::is_ascii_hexdigit);
    let percents = text.match_indices('%').map(|(index, _)| index);
    if percents.into_iter().any(|index| !is_hex(index + 1) || !is_hex(index + 2)) {
        return Err(format!("a `%` is not followed by two hex digits: {ENCODE}"));
    }
    let decoded = percent_decode_str(text).decode_utf8().map_err(|_| "what is percent-encoded is not UTF-8")?;
    if decoded.contains('\0') { Err("it contains %00".to_owned()) } else { Ok(decoded.into_owned()) }
}

/// Parses `name = value name='a value'`; a backslash takes the next character as it is.
fn parse_pairs(text: &str) -> Result<Parameters, String> {
    let mut parameters = Parameters::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').ok_or("a name in the connection string has no `=` behind it")?;
        let name = name.trim_end();
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err("a name in the connection string has no `=` behind it".to_owned());
        }
        let (value, remaining) = take_value(after.trim_start())?;
        if !value.is_empty() {
            parameters.insert(name.to_owned(), value);
        }
        rest = remaining.trim_start();
    }
    Ok(parameters)
}

/// One value, quoted or up to the next white space, and what follows it.
fn take_value(text: &str) -> Result<(String, &str), String> {
    let (is_quoted, text) = text.strip_prefix('\'').map_or((false, text), |quoted| (true, quoted));
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            '\'' if is_quoted => return Ok((value, &text[index + 1..])),
            space if space.is_whitespace() && !is_quoted => return Ok((value, &text[index..])),
            other => value.push(other),
        }
    }
    if is_quoted { Err("a quoted value has no closing `'`".to_owned()) } else { Ok((value, "")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &str)]) {
        let expected: Parameters =
            expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(parse(text).as_ref(), Ok(&expected), "{text}");
    }

    fn check_refused(text: &str, reason: &str) {
        let refused = parse(text).expect_err(text);
        assert!(refused.contains(reason), "{text}: {refused}");
    }

    // The texts of libpq's own test of URLs (src/interfaces/libpq/t/001_uri.pl), as far as they are accepted there.
    #[test]
    fn urls_are_read_as_libpq_reads_them() {
        check(
            "postgresql://uri-user:secret@host:12345/db",
            &[("user", "uri-user"), ("password", "secret"), ("host", "host"), ("port", "12345"), ("dbname", "db")],
        );
        check("postgresql://uri-user@host:12345/", &[("user", "uri-user"), ("host", "host"), ("port", "12345")]);
        check("postgresql://host:12345/db", &[("host", "host"), ("port", "12345"), ("dbname", "db")]);
        check("postgresql://host/db?user=uri-user", &[("user", "uri-user"), ("host", "host"), ("dbname", "db")]);
        check("postgresql://%68ost/", &[("host", "host")]);
        check(
            "postgresql://host?user=uri-user&port=12345",
            &[("user", "uri-user"), ("host", "host"), ("port", "12345")],
        );
        check("postgresql:///", &[]);
        check("postgresql://", &[]);
        check("postgresql:///db", &[("dbname", "db")]);
        check("postgresql://uri-user@/db", &[("user", "uri-user"), ("dbname", "db")]);
        check("postgresql://?host=/path/to/socket/dir", &[("host", "/path/to/socket/dir")]);
        check("postgresql://%2Fvar%2Flib/db", &[("host", "/var/lib"), ("dbname", "db")]);
        check("postgresql://host/db?ssl=true", &[("host", "host"), ("dbname", "db"), ("sslmode", "require")]);
        check("postgres://[2001:db8::1]:5433/?x=", &[("host", "2001:db8::1"), ("port", "5433")]);
        check("postgres://[::1]", &[("host", "::1")]);
        check("postgres://a:1,b,c:3/", &[("host", "a,b,c"), ("port", "1,,3")]);
        check(
            "postgres://u:p%40ss%3F@h?dbname=other",
            &[("user", "u"), ("password", "p@ss?"), ("host", "h"), ("dbname", "other")],
        );
        check("postgres://u:what?@h/db", &[("user", "u"), ("password", "what?"), ("host", "h"), ("dbname", "db")]);
    }

    #[test]
    fn pairs_are_read_as_libpq_reads_them() {
        check("host=h  port = 5433 dbname='a b'", &[("host", "h"), ("port", "5433"), ("dbname", "a b")]);
        check(r"password='it\'s \\' user=a\ b", &[("password", r"it's \"), ("user", "a b")]);
        check("host='' dbname=x", &[("dbname", "x")]);
        check_refused("host", "neither");
        check_refused("host=a port", "no `=`");
        check_refused("host=a b c=d", "no `=`");
        check_refused("password='open", "no closing");
    }

    #[test]
    fn malformed_urls_are_refused_without_their_pieces() {
        check_refused("postgers://u:secret@h/db?x=y", "begins with `postgres://`");
        check_refused("postgres://u:sec@ret@h/db", "percent-encoded");
        check_refused("postgres://u:100%@h/db", "two hex digits");
        check_refused("postgres://u%00@h/db", "%00");
        check_refused("postgres://u%ff@h/db", "UTF-8");
        check_refused("postgres://[::1/db", "no `]`");
        check_refused("postgres://[::1]x/db", "only `:PORT`");
        check_refused("postgres://h/db?novalue", "no `=`");
        check_refused("postgres://u:s?e=c/ret@h/db", "a `@` behind the `?`");
    }

    #[test]
    fn what_may_be_a_password_is_left_out() {
        let check = |text: &str, expected: &str| assert_eq!(redact(text), expected);
        check("postgres://u:secret@h:1/db?sslmode=require", "postgres://***@h:1/db?sslmode=require");
        check("postgres://u:sec/ret@h/db", "postgres://***@h/db");
        check("postgres://u:sec?r@et@h/db", "postgres://***@h/db");
        check("postgers://u:secret@h/db", "postgers://***@h/db");
        check("u:secret@h/db", "***@h/db");
        check("host=h password=secret", "key=value string");
        check("postgres://h/db?password=secret&schema=x", "postgres://h/db?password=***&schema=x");
        check("postgres://h/db?pass%77ord=secret", "postgres://h/db?pass%77ord=***");
    }
}
