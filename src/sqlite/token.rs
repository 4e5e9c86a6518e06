//! SQL text as tokens, the way SQLite's own tokenizer cuts it, and their canonical print. Knows no statement.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A keyword or an unquoted name.
    Word,
    /// A name in double quotes, brackets or backticks.
    Quoted,
    /// A text in single quotes.
    Text,
    /// A number, a blob literal or a parameter.
    Value,
    /// Anything else: an operator, a parenthesis, a comma.
    Symbol,
}

/// One token and where it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: TokenKind,
    /// As it is written.
    pub(super) text: &'a str,
    /// The byte at which it begins.
    pub(super) start: usize,
}

impl<'a> Token<'a> {
    /// Whether it is this keyword, in whatever case.
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// Whether it is this symbol.
    pub(super) fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == TokenKind::Symbol && self.text == symbol
    }

    /// The name that it stands for, quotes removed; a text is a name where SQLite wants one.
    pub(super) fn name(&self) -> Option<String> {
        let inner = |quote: char| {
            let inner = self.text.get(1..self.text.len().saturating_sub(1)).unwrap_or_default();
            inner.replace(&format!("{quote}{quote}"), &quote.to_string())
        };
        match (self.kind, self.text.chars().next()?) {
            (TokenKind::Word, _) => Some(self.text.to_owned()),
            (TokenKind::Quoted, '[') => self.text.get(1..self.text.len().saturating_sub(1)).map(str::to_owned),
            (TokenKind::Quoted | TokenKind::Text, quote) => Some(inner(quote)),
            _ => None,
        }
    }

    /// The byte behind it.
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// Cuts a text into tokens; comments and white space are left out. A quote without an end reaches to the end.
pub(super) fn tokenize(sql: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut start = 0;
    while let Some(rest) = sql.get(start..).filter(|rest| !rest.is_empty()) {
        let (kind, length) = first_token(rest);
        if let (Some(kind), Some(text)) = (kind, rest.get(..length)) {
            tokens.push(Token { kind, text, start });
        }
        start += length;
    }
    tokens
}

/// The kind of the first token, `None` for white space and comments, and its length in bytes; never zero.
fn first_token(rest: &str) -> (Option<TokenKind>, usize) {
    let bytes = rest.as_bytes();
    let second = bytes.get(1).copied().unwrap_or_default();
    match bytes[0] {
        b' ' | b'\t' | b'\n' | b'\r' | 0x0c => (None, 1),
        b'-' if second == b'-' => (None, rest.find('\n').map_or(rest.len(), |end| end + 1)),
        b'/' if second == b'*' => (None, rest[2..].find("*/").map_or(rest.len(), |end| end + 4)),
        b'\'' => (Some(TokenKind::Text), quoted_length(bytes, b'\'')),
        quote @ (b'"' | b'`') => (Some(TokenKind::Quoted), quoted_length(bytes, quote)),
        b'[' => (Some(TokenKind::Quoted), rest.find(']').map_or(rest.len(), |end| end + 1)),
        b'x' | b'X' if second == b'\'' => (Some(TokenKind::Value), 1 + quoted_length(&bytes[1..], b'\'')),
        b'0'..=b'9' => (Some(TokenKind::Value), number_length(bytes)),
        b'.' if second.is_ascii_digit() => (Some(TokenKind::Value), number_length(bytes)),
        b'?' | b':' | b'@' | b'$' | b'#' => (Some(TokenKind::Value), 1 + word_length(&bytes[1..])),
        byte if is_word_byte(byte) => (Some(TokenKind::Word), word_length(bytes)),
        _ => (Some(TokenKind::Symbol), symbol_length(rest)),
    }
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

fn word_length(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| is_word_byte(**byte)).count()
}

/// The length of a quoted token; a doubled quote inside does not end it.
fn quoted_length(bytes: &[u8], quote: u8) -> usize {
    let mut position = 1;
    while position < bytes.len() {
        if bytes[position] == quote {
            if bytes.get(position + 1) != Some(&quote) {
                return position + 1;
            }
            position += 1;
        }
        position += 1;
    }
    bytes.len()
}

/// The length of a number: digits, a fraction, an exponent with its sign, or `0x` and hex digits.
fn number_length(bytes: &[u8]) -> usize {
    let is_hex = bytes.len() > 1 && bytes[0] == b'0' && bytes[1].eq_ignore_ascii_case(&b'x');
    let mut position = 0;
    while let Some(byte) = bytes.get(position) {
        let before = position.checked_sub(1).and_then(|index| bytes.get(index));
        let is_exponent_sign = matches!(byte, b'+' | b'-') && matches!(before, Some(b'e' | b'E')) && !is_hex;
        if !(is_word_byte(*byte) || *byte == b'.' || is_exponent_sign) {
            break;
        }
        position += 1;
    }
    position
}

fn symbol_length(rest: &str) -> usize {
    const LONG: [&str; 9] = ["->>", "->", "||", "<<", ">>", "<=", ">=", "<>", "!="];
    let long = LONG.iter().find(|symbol| rest.starts_with(**symbol)).map(|symbol| symbol.len());
    let double_equals = rest.starts_with("==").then_some(2);
    long.or(double_equals).or_else(|| rest.chars().next().map(char::len_utf8)).unwrap_or(1)
}

/// Words that SQLite never takes for a name where they stand unquoted, so that their case means nothing.
const RESERVED: &[&str] = &[
    "ALL", "AND", "AS", "BETWEEN", "CASE", "COLLATE", "DEFAULT", "DELETE", "DISTINCT", "ELSE", "ESCAPE", "EXISTS",
    "FROM", "GROUP", "HAVING", "IN", "INSERT", "INTO", "IS", "ISNULL", "JOIN", "LIMIT", "NOT", "NOTNULL", "NULL", "ON",
    "OR", "ORDER", "SELECT", "SET", "THEN", "UNION", "UPDATE", "USING", "VALUES", "WHEN", "WHERE",
];

fn is_reserved(token: &Token<'_>) -> bool {
    token.kind == TokenKind::Word && RESERVED.binary_search(&token.text.to_ascii_uppercase().as_str()).is_ok()
}

/// Tokens as one line in which comments, white space and the case of reserved words have no part.
///
/// SQLite cuts the line into the same tokens again, so that it means the same.
pub(super) fn canonical(tokens: &[Token<'_>]) -> String {
    let mut line = String::new();
    for (index, token) in tokens.iter().enumerate() {
        let before = index.checked_sub(1).map(|index| &tokens[index]);
        let two_before = index.checked_sub(2).map(|index| &tokens[index]);
        if before.is_some_and(|before| stand_apart(two_before, before, token)) {
            line.push(' ');
        }
        if is_reserved(token) {
            line.push_str(&token.text.to_ascii_uppercase());
        } else {
            line.push_str(token.text);
        }
    }
    line
}

/// Whether a space stands between two tokens.
fn stand_apart(two_before: Option<&Token<'_>>, before: &Token<'_>, token: &Token<'_>) -> bool {
    let is_sign = before.is_symbol("-") || before.is_symbol("+") || before.is_symbol("~");
    let is_unary = is_sign
        && two_before
            .is_none_or(|earlier| is_reserved(earlier) || (earlier.kind == TokenKind::Symbol && earlier.text != ")"));
    if is_unary {
        return token.kind == TokenKind::Symbol && token.text != "(";
    }
    if before.is_symbol("(") || before.is_symbol(".") || token.is_symbol(".") {
        return false;
    }
    if token.is_symbol("(") {
        let is_name = matches!(before.kind, TokenKind::Word | TokenKind::Quoted) && !is_reserved(before);
        return !is_name;
    }
    !matches!((token.kind, token.text), (TokenKind::Symbol, ")" | "," | ";"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sql: &str, expected: &str) {
        let printed = canonical(&tokenize(sql));
        assert_eq!(printed, expected);
        let again = tokenize(&printed);
        assert_eq!(canonical(&again), expected, "printing again changes nothing");
        assert_eq!(tokenize(sql).len(), again.len(), "{sql}");
    }

    #[test]
    fn the_print_knows_no_comments_and_spaces() {
        check("a>0 and /* b */ b<>'it''s' -- c\n or c IS null", "a > 0 AND b <> 'it''s' OR c IS NULL");
        check("count( * ) in(1,2 , 3)", "count(*) IN (1, 2, 3)");
        check("a - -1 + - - 2 * (-x)", "a - -1 + - -2 * (-x)");
        check("t . a ||x'00ff'||[b c]||`d`||\"e\"\"f\"", "t.a || x'00ff' || [b c] || `d` || \"e\"\"f\"");
        check("1.5e-3+.5+0x1F-1e+5->>'$.a'", "1.5e-3 + .5 + 0x1F - 1e+5 ->> '$.a'");
        check("größe==1 AND a!=b", "größe == 1 AND a != b");
        check("CASE WHEN -(1) THEN not(2) END", "CASE WHEN -(1) THEN NOT (2) END");
        assert!(RESERVED.is_sorted());
    }

    #[test]
    fn names_lose_their_quotes() {
        let names: Vec<_> = tokenize("a \"b\"\"c\" [d e] `f``g` 'h''i'").iter().filter_map(Token::name).collect();
        assert_eq!(names, ["a", "b\"c", "d e", "f`g", "h'i"]);
        assert_eq!(tokenize("'abc").len(), 1);
    }
}
