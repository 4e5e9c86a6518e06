//! The tokens of SQL as the server prints it, which is less than what people may write: no comments, no `$$`.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// A word in upper case.
    Keyword,
    /// Any other word, and what is in double quotes.
    Name,
    /// A character of the rest: brackets, commas, dots, operators.
    Sign,
    /// `::`.
    Cast,
    /// A string or a number.
    Literal,
}

/// A token, and where it begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    pub(super) sort: Sort,
    pub(super) text: &'a str,
    pub(super) start: usize,
}

impl Token<'_> {
    pub(super) fn is_keyword(&self, word: &str) -> bool {
        self.sort == Sort::Keyword && self.text == word
    }

    pub(super) fn is_sign(&self, sign: &str) -> bool {
        self.sort == Sort::Sign && self.text == sign
    }

    /// Where it ends.
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// The tokens of a text; `None` where it is not what the server prints.
pub(super) fn tokens(text: &str) -> Option<Vec<Token<'_>>> {
    let mut tokens = Vec::with_capacity(text.len() / 4);
    let mut start = 0;
    while let Some(first) = text[start..].chars().next() {
        if first.is_ascii_whitespace() {
            start += 1;
            continue;
        }
        let rest = &text[start..];
        let (sort, length) = match first {
            '"' => (Sort::Name, quoted(rest, '"', false)?),
            '\'' => (Sort::Literal, quoted(rest, '\'', false)?),
            // Strings with backslashes, of bits, and of bits in hexadecimal.
            'E' | 'B' | 'X' if rest[1..].starts_with('\'') => {
                (Sort::Literal, 1 + quoted(&rest[1..], '\'', first == 'E')?)
            }
            ':' if rest.starts_with("::") => (Sort::Cast, 2),
            '0'..='9' => (Sort::Literal, number(rest)),
            _ if is_word(first) => word(rest),
            _ => (Sort::Sign, first.len_utf8()),
        };
        tokens.push(Token { sort, text: &rest[..length], start });
        start += length;
    }
    Some(tokens)
}

/// The bracket that closes this one.
pub(super) fn closing(tokens: &[Token<'_>], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (place, token) in tokens.iter().enumerate().skip(open) {
        depth = depth_after(depth, token);
        if depth == 0 {
            return Some(place);
        }
    }
    None
}

/// How many brackets are open behind a token, where so many are before it.
pub(super) fn depth_after(depth: usize, token: &Token<'_>) -> usize {
    match token.text {
        "(" | "[" => depth + 1,
        ")" | "]" => depth.saturating_sub(1),
        _ => depth,
    }
}

fn is_word(each: char) -> bool {
    each.is_ascii_alphanumeric() || matches!(each, '_' | '$') || !each.is_ascii()
}

fn word(rest: &str) -> (Sort, usize) {
    let length = rest.find(|each| !is_word(each)).unwrap_or(rest.len());
    let is_keyword = rest.starts_with(|first: char| first.is_ascii_uppercase());
    (if is_keyword { Sort::Keyword } else { Sort::Name }, length)
}

/// Digits with a fraction and an exponent; a sign in front of it is a token of its own.
fn number(rest: &str) -> usize {
    let is_part = |each: char| each.is_ascii_alphanumeric() || each == '.';
    let length = rest.find(|each| !is_part(each)).unwrap_or(rest.len());
    let has_exponent = rest[..length].ends_with(['e', 'E']) && rest[length..].starts_with(['+', '-']);
    if !has_exponent {
        return length;
    }
    let digits = &rest[length + 1..];
    length + 1 + digits.find(|each: char| !each.is_ascii_digit()).unwrap_or(digits.len())
}

/// How long a quoted text is, its quotes included; a quote within it is doubled, or behind a backslash.
fn quoted(rest: &str, quote: char, has_escapes: bool) -> Option<usize> {
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((place, each)) = characters.next() {
        if has_escapes && each == '\\' {
            characters.next();
        } else if each == quote && characters.next_if(|(_, next)| *next == quote).is_none() {
            return Some(place + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(Sort, &str)]) {
        let found = tokens(text).map(|tokens| tokens.iter().map(|token| (token.sort, token.text)).collect::<Vec<_>>());
        assert_eq!(found.as_deref(), Some(expected), "{text}");
    }

    #[test]
    fn words_and_what_is_quoted_are_told_apart() {
        check("SELECT \"a \"\"b\"", &[(Sort::Keyword, "SELECT"), (Sort::Name, "\"a \"\"b\"")]);
        check("über.e_1$", &[(Sort::Name, "über"), (Sort::Sign, "."), (Sort::Name, "e_1$")]);
        check("'it''s'::text", &[(Sort::Literal, "'it''s'"), (Sort::Cast, "::"), (Sort::Name, "text")]);
        check("E'\\\\'", &[(Sort::Literal, "E'\\\\'")]);
        check("E'a\\'b' x", &[(Sort::Literal, "E'a\\'b'"), (Sort::Name, "x")]);
        check("B'1'", &[(Sort::Literal, "B'1'")]);
        check("- 1.5e-7", &[(Sort::Sign, "-"), (Sort::Literal, "1.5e-7")]);
        check(
            "a[1:2]",
            &[
                (Sort::Name, "a"),
                (Sort::Sign, "["),
                (Sort::Literal, "1"),
                (Sort::Sign, ":"),
                (Sort::Literal, "2"),
                (Sort::Sign, "]"),
            ],
        );
        assert!(tokens("'open").is_none());
    }
}
