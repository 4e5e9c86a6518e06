//! Cutting an SQL script into statements, as psql does it: quotes, dollar quotes, comments, and bodies of standard SQL
//! are seen through; rows that follow a COPY are skipped, as a schema has no rows.

/// One statement of a script.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ScriptStatement<'a> {
    /// Its text, without the final semicolon.
    pub(super) text: &'a str,
    /// The line on which it begins, counted from 1.
    pub(super) line: usize,
}

/// What cannot be taken from a script.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ScriptError {
    /// Counted from 1.
    pub(super) line: usize,
    pub(super) reason: String,
}

/// The statements of a script, in order.
pub(super) fn split(script: &str) -> Result<Vec<ScriptStatement<'_>>, ScriptError> {
    let mut statements = Vec::new();
    let mut rest = 0;
    while let Some(start) = skip_blank(script, rest)? {
        let end = end_of_statement(script, start);
        let text = script[start..end].trim_end();
        let line = line_of(script, start);
        rest = (end + 1).min(script.len());
        if is_copy_from_stdin(text) {
            rest = end_of_rows(script, rest);
        } else if !text.is_empty() {
            statements.push(ScriptStatement { text, line });
        }
    }
    Ok(statements)
}

fn line_of(script: &str, offset: usize) -> usize {
    script[..offset].bytes().filter(|byte| *byte == b'\n').count() + 1
}

/// Where the next statement begins: behind white space, comments, empty statements, and the lines by which pg_dump
/// restricts psql.
fn skip_blank(script: &str, mut offset: usize) -> Result<Option<usize>, ScriptError> {
    loop {
        let rest = &script[offset..];
        let trimmed = rest.trim_start_matches(|character: char| character.is_whitespace() || character == ';');
        offset += rest.len() - trimmed.len();
        if trimmed.is_empty() {
            return Ok(None);
        }
        if let Some(length) = comment_length(trimmed) {
            offset += length;
        } else if trimmed.starts_with('\\') {
            let line = trimmed.lines().next().unwrap_or_default();
            if !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict") {
                let reason = format!("`{line}` is a command of psql, not SQL: remove it");
                return Err(ScriptError { line: line_of(script, offset), reason });
            }
            offset += line.len();
        } else {
            return Ok(Some(offset));
        }
    }
}

/// The length of the comment that a text begins with.
fn comment_length(text: &str) -> Option<usize> {
    if text.starts_with("--") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if !text.starts_with("/*") {
        return None;
    }
    let mut depth = 0_usize;
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match &bytes[at..] {
            [b'/', b'*', ..] => {
                depth += 1;
                at += 2;
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => at += 1,
        }
    }
    Some(text.len())
}

/// The offset of the semicolon that ends the statement, or the script's end.
fn end_of_statement(script: &str, start: usize) -> usize {
    let mut at = start;
    let mut parentheses = 0_usize;
    // BEGIN ATOMIC … END holds semicolons, and CASE … END within it another END.
    let mut blocks = 0_usize;
    let mut previous = String::new();
    while at < script.len() {
        let rest = &script[at..];
        if let Some(length) = comment_length(rest).or_else(|| quoted_length(script, at)) {
            at += length;
            continue;
        }
        let Some(character) = rest.chars().next() else { break };
        if character.is_alphabetic() || character == '_' {
            let length = rest
                .find(|character: char| !(character.is_alphanumeric() || character == '_' || character == '$'))
                .unwrap_or(rest.len());
            let word = rest[..length].to_ascii_lowercase();
            match word.as_str() {
                "atomic" if previous == "begin" => blocks += 1,
                "case" if blocks > 0 => blocks += 1,
                "end" if blocks > 0 => blocks -= 1,
                _ => {}
            }
            previous = word;
            at += length;
            continue;
        }
        match character {
            '(' => parentheses += 1,
            ')' => parentheses = parentheses.saturating_sub(1),
            ';' if parentheses == 0 && blocks == 0 => return at,
            _ => {}
        }
        at += character.len_utf8();
    }
    script.len()
}

/// The length of the quoted text at an offset: 'text', E'text', "name", $tag$ text $tag$.
fn quoted_length(script: &str, at: usize) -> Option<usize> {
    let rest = &script[at..];
    match rest.as_bytes().first()? {
        b'\'' => {
            let has_escapes = script[..at].ends_with(['e', 'E'])
                && !script[..at - 1].ends_with(|character: char| character.is_alphanumeric() || character == '_');
            Some(end_of_quote(rest, b'\'', has_escapes))
        }
        b'e' | b'E' if rest.as_bytes().get(1) == Some(&b'\'') => {
            let is_word = script[..at].ends_with(|character: char| character.is_alphanumeric() || character == '_');
            (!is_word).then(|| 1 + end_of_quote(&rest[1..], b'\'', true))
        }
        b'"' => Some(end_of_quote(rest, b'"', false)),
        b'$' => {
            let is_tag = |character: char| character.is_alphanumeric() || character == '_';
            let end = 1 + rest[1..].find(|character| !is_tag(character))?;
            let is_quote =
                rest[end..].starts_with('$') && !rest[1..].starts_with(|character: char| character.is_ascii_digit());
            let tag = is_quote.then(|| &rest[..=end])?;
            Some(rest[tag.len()..].find(tag).map_or(rest.len(), |found| found + 2 * tag.len()))
        }
        _ => None,
    }
}

fn end_of_quote(text: &str, quote: u8, has_escapes: bool) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        if has_escapes && bytes[at] == b'\\' {
            at += 2;
        } else if bytes[at] == quote {
            if bytes.get(at + 1) != Some(&quote) {
                return at + 1;
            }
            at += 2;
        } else {
            at += 1;
        }
    }
    text.len()
}

fn is_copy_from_stdin(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.starts_with("copy ") && lower.split_whitespace().any(|word| word.trim_end_matches(';') == "stdin")
}

/// Behind the line `\.` that ends the rows of a COPY.
fn end_of_rows(script: &str, start: usize) -> usize {
    script[start..].find("\n\\.").map_or(script.len(), |found| {
        let behind = start + found + 3;
        script[behind..].find('\n').map_or(script.len(), |line| behind + line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(script: &str, expected: &[(&str, usize)]) {
        let statements = split(script).unwrap();
        let found: Vec<(&str, usize)> = statements.iter().map(|statement| (statement.text, statement.line)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn statements_end_at_semicolons_that_are_sql() {
        check("select 1; select 2;\n\nselect 3", &[("select 1", 1), ("select 2", 1), ("select 3", 3)]);
        check(
            "select ';'; select E'\\';'; select \";\"",
            &[("select ';'", 1), ("select E'\\';'", 1), ("select \";\"", 1)],
        );
        check("-- a;\nselect /* ; /* ; */ */ 1;", &[("select /* ; /* ; */ */ 1", 2)]);
        check("do $a$ begin; $$;$$ end $a$; x", &[("do $a$ begin; $$;$$ end $a$", 1), ("x", 1)]);
        check("create rule r as do (select 1; select 2);", &[("create rule r as do (select 1; select 2)", 1)]);
        let function = "create function f() returns int begin atomic select case when true then 1 end; select 2; end";
        check(&format!("{function}; x"), &[(function, 1), ("x", 1)]);
    }

    #[test]
    fn rows_and_restrictions_are_skipped() {
        check(
            "\\restrict abc\nselect 1;\ncopy t from stdin;\n1\ta;b\n\\.\nselect 2;",
            &[("select 1", 2), ("select 2", 6)],
        );
        assert_eq!(split("select 1;\n\\connect x").unwrap_err().line, 2);
    }
}
