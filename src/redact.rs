//! URLs without their secrets, for everything that is shown or written down.

/// A URL without its password and without its parameters, which may hold one. Takes broken URLs as well: what cannot be
/// told from a password is left out.
pub(crate) fn redact(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        let is_broken = url.contains('@') && !url.starts_with("sqlite:");
        return if is_broken { format!("{}:…", url.split(':').next().unwrap_or_default()) } else { url.to_owned() };
    };
    let without_parameters = |text: &str| text.split('?').next().unwrap_or_default().to_owned();
    match rest.rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split([':', '/', '?']).next().unwrap_or_default();
            format!("{scheme}://{user}@{}", without_parameters(host))
        }
        None => format!("{scheme}://{}", without_parameters(rest)),
    }
}

/// A line of text with the URLs in it redacted.
pub(crate) fn redact_line(line: &str) -> String {
    let Some(scheme_end) = line.find("://") else { return line.to_owned() };
    let start = line[..scheme_end].rfind(|letter: char| !letter.is_ascii_alphanumeric()).map_or(0, |index| index + 1);
    let quote = line[..start].chars().next_back().filter(|letter| matches!(letter, '"' | '\''));
    let end = quote.and_then(|quote| line[scheme_end..].find(quote)).map_or(line.len(), |length| scheme_end + length);
    format!("{}{}{}", &line[..start], redact(&line[start..end]), redact_line(&line[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_left_in_a_url() {
        for (url, expected) in [
            ("postgres://me:s3cret@host:5432/db", "postgres://me@host:5432/db"),
            ("postgres://me:s3/c?r@et@host/db", "postgres://me@host/db"),
            ("postgres://host/db?password=s3cret&user=a@b", "postgres://host@b"),
            ("postgres://host/db?password=s3cret", "postgres://host/db"),
            ("postgres://host/db", "postgres://host/db"),
            ("postgres:/me:s3cret@host/db", "postgres:…"),
            ("sqlite:a@b.db", "sqlite:a@b.db"),
        ] {
            assert_eq!(redact(url), expected);
        }
    }

    #[test]
    fn a_line_keeps_all_but_the_secret() {
        for (line, expected) in [
            ("url = \"postgres://me:s3cret@host/db\" # eu", "url = \"postgres://me@host/db\" # eu"),
            ("url = 'postgres://me:s3cret@host/db", "url = 'postgres://me@host/db"),
            ("a = 'x://u:p@h', b = 'y://u:p@h'", "a = 'x://u@h', b = 'y://u@h'"),
            ("name = 'eu'", "name = 'eu'"),
        ] {
            assert_eq!(redact_line(line), expected);
        }
    }
}
