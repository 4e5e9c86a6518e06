//! Reads the texts of CREATE INDEX, VIEW, TRIGGER and VIRTUAL TABLE as `sqlite_schema` has them. Knows no database.

use super::model::{IndexAttributes, IndexTerm, KeyColumn, TriggerAttributes, ViewAttributes, VirtualTableAttributes};
use super::parse::{Cursor, ParseError};
use super::token::{Token, TokenKind, canonical};

/// Reads CREATE INDEX. `declared` finds the table's column of a name, in whatever case, as the table has it.
pub(super) fn index(sql: &str, declared: impl Fn(&str) -> Option<String>) -> Result<IndexAttributes, ParseError> {
    let mut cursor = Cursor::new(sql);
    cursor.expect_word("CREATE")?;
    let unique = cursor.take_word("UNIQUE");
    cursor.expect_word("INDEX")?;
    cursor.name()?;
    cursor.expect_word("ON")?;
    cursor.name()?;
    let begin = cursor.position();
    cursor.skip_parenthesised()?;
    let inside = cursor.since(begin);
    let inside = inside.get(1..inside.len() - 1).unwrap_or_default();
    let terms = at_commas(inside).into_iter().map(|term| index_term(term, &declared)).collect();
    let condition = if cursor.take_word("WHERE") { Some(canonical(cursor.rest())) } else { None };
    cursor.expect_end()?;
    Ok(IndexAttributes { terms, unique, condition })
}

fn index_term(tokens: &[Token<'_>], declared: &impl Fn(&str) -> Option<String>) -> IndexTerm {
    let (tokens, descending) = match tokens {
        [rest @ .., last] if last.is_word("DESC") => (rest, true),
        [rest @ .., last] if last.is_word("ASC") => (rest, false),
        all => (all, false),
    };
    let column_of = |token: &Token<'_>| token.name().as_deref().and_then(declared);
    let column = match tokens {
        [name] => column_of(name).map(|column| (column, None)),
        [name, collate, collation] if collate.is_word("COLLATE") => {
            column_of(name).map(|column| (column, collation.name().map(|name| name.to_ascii_uppercase())))
        }
        _ => None,
    };
    match column {
        Some((column, collation)) => IndexTerm::Column(KeyColumn { column, collation, descending }),
        None => IndexTerm::Expression { expression: canonical(tokens), descending },
    }
}

/// Parts of a list at the commas that stand in no parentheses.
fn at_commas<'t, 'a>(tokens: &'t [Token<'a>]) -> Vec<&'t [Token<'a>]> {
    let mut depth = 0_usize;
    tokens
        .split(move |token| {
            if token.is_symbol("(") {
                depth += 1;
            } else if token.is_symbol(")") {
                depth = depth.saturating_sub(1);
            }
            depth == 0 && token.is_symbol(",")
        })
        .filter(|part| !part.is_empty())
        .collect()
}

/// A view's attributes with its query in canonical form, and the query as it is written.
pub(super) fn view(sql: &str) -> Result<(ViewAttributes, String), ParseError> {
    let mut cursor = Cursor::new(sql);
    cursor.expect_word("CREATE")?;
    cursor.expect_word("VIEW")?;
    cursor.name()?;
    let mut columns = Vec::new();
    if cursor.take_symbol("(") {
        columns = cursor.names()?;
        cursor.expect_symbol(")")?;
    }
    cursor.expect_word("AS")?;
    let written = cursor.rest_as_written().to_owned();
    let query = canonical(cursor.rest());
    Ok((ViewAttributes { columns, query }, written))
}

/// Reads CREATE TRIGGER.
pub(super) fn trigger(sql: &str) -> Result<TriggerAttributes, ParseError> {
    let mut cursor = Cursor::new(sql);
    cursor.expect_word("CREATE")?;
    cursor.expect_word("TRIGGER")?;
    cursor.name()?;
    let timing = if cursor.take_word("AFTER") {
        "AFTER"
    } else if cursor.take_word("INSTEAD") {
        cursor.expect_word("OF")?;
        "INSTEAD OF"
    } else {
        cursor.take_word("BEFORE");
        "BEFORE"
    };
    let mut columns = Vec::new();
    let event = if cursor.take_word("DELETE") {
        "DELETE"
    } else if cursor.take_word("INSERT") {
        "INSERT"
    } else {
        cursor.expect_word("UPDATE")?;
        if cursor.take_word("OF") {
            columns = cursor.names()?;
        }
        "UPDATE"
    };
    cursor.expect_word("ON")?;
    cursor.name()?;
    if cursor.take_word("FOR") {
        cursor.expect_word("EACH")?;
        cursor.expect_word("ROW")?;
    }
    let condition = if cursor.take_word("WHEN") { Some(condition(&mut cursor)?) } else { None };
    cursor.expect_word("BEGIN")?;
    let body = body(cursor.rest()).ok_or_else(|| cursor.unexpected("END"))?;
    Ok(TriggerAttributes { timing: timing.into(), event: event.into(), columns, condition, body })
}

/// The condition behind WHEN, up to the BEGIN that a statement follows.
fn condition(cursor: &mut Cursor<'_>) -> Result<String, ParseError> {
    const STATEMENTS: [&str; 6] = ["INSERT", "UPDATE", "DELETE", "SELECT", "REPLACE", "WITH"];
    let begin = cursor.position();
    loop {
        let begins_statement = |token: Token<'_>| STATEMENTS.iter().any(|word| token.is_word(word));
        if cursor.peek_word("BEGIN") && cursor.peek_second().is_some_and(begins_statement) {
            return Ok(canonical(cursor.since(begin)));
        }
        if cursor.advance().is_none() {
            return Err(cursor.unexpected("BEGIN"));
        }
    }
}

fn body(tokens: &[Token<'_>]) -> Option<Vec<String>> {
    let tokens = match tokens {
        [statements @ .., end] if end.is_word("END") => statements,
        [statements @ .., end, semicolon] if end.is_word("END") && semicolon.is_symbol(";") => statements,
        _ => return None,
    };
    let statements = tokens.split(|token| token.is_symbol(";"));
    Some(statements.filter(|statement| !statement.is_empty()).map(canonical).collect())
}

/// Reads CREATE VIRTUAL TABLE. Arguments are kept as they are written: each module reads them in its own way.
pub(super) fn virtual_table(sql: &str) -> Result<VirtualTableAttributes, ParseError> {
    let mut cursor = Cursor::new(sql);
    cursor.expect_word("CREATE")?;
    cursor.expect_word("VIRTUAL")?;
    cursor.expect_word("TABLE")?;
    cursor.name()?;
    cursor.expect_word("USING")?;
    let module = cursor.name()?.to_ascii_lowercase();
    let mut arguments = Vec::new();
    if cursor.peek_symbol("(") {
        let begin = cursor.position();
        cursor.skip_parenthesised()?;
        let inside = cursor.since(begin);
        let inside = inside.get(1..inside.len() - 1).unwrap_or_default();
        for part in at_commas(inside) {
            if let [first, .., last] | [first @ last] = part {
                arguments.extend(sql.get(first.start..last.end()).map(str::to_owned));
            }
        }
    }
    cursor.expect_end()?;
    Ok(VirtualTableAttributes { module, arguments })
}

/// Where the first statement of a script begins and ends: its semicolon included, comments before it left out.
///
/// Semicolons within the body of a trigger end nothing.
pub(super) fn first_statement(tokens: &[Token<'_>]) -> Option<(usize, usize, usize)> {
    let begin = tokens.iter().position(|token| !token.is_symbol(";"))?;
    let statement = &tokens[begin..];
    let mut words = statement.iter().filter(|token| !token.is_word("TEMP") && !token.is_word("TEMPORARY"));
    let is_trigger = words.next().is_some_and(|token| token.is_word("CREATE"))
        && words.next().is_some_and(|token| token.is_word("TRIGGER"));
    let ends = |index: usize| {
        statement[index].is_symbol(";")
            && (!is_trigger
                || (index >= 2 && statement[index - 1].is_word("END") && statement[index - 2].is_symbol(";")))
    };
    let last = (0..statement.len()).find(|index| ends(*index)).unwrap_or(statement.len() - 1);
    Some((statement[0].start, statement[last].end(), begin + last + 1))
}

/// The names that occur in a text as it is written, for what no parser here looks into; in lower case.
pub(super) fn names_in(sql: &str) -> impl Iterator<Item = String> {
    let tokens = super::token::tokenize(sql);
    let names: Vec<String> = (0..tokens.len())
        .filter(|index| matches!(tokens[*index].kind, TokenKind::Word | TokenKind::Quoted))
        .filter(|index| tokens.get(index + 1).is_none_or(|next| !next.is_symbol("(")))
        .filter_map(|index| tokens[index].name())
        .map(|name| name.to_ascii_lowercase())
        .collect();
    names.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_columns_and_expressions() -> Result<(), ParseError> {
        let sql = "CREATE UNIQUE INDEX [i] ON t (\"A\" desc, lower( b ), c COLLATE nocase ASC, a+1 DESC) where a>0";
        let declared = |name: &str| ["a", "b", "c"].into_iter().find(|column| column.eq_ignore_ascii_case(name));
        let read = index(sql, |name| declared(name).map(str::to_owned))?;
        let expression = |text: &str, descending| IndexTerm::Expression { expression: text.to_owned(), descending };
        let column = |name: &str, collation: Option<&str>, descending| {
            IndexTerm::Column(KeyColumn { column: name.into(), collation: collation.map(Into::into), descending })
        };
        let terms = vec![
            column("a", None, true),
            expression("lower(b)", false),
            column("c", Some("NOCASE"), false),
            expression("a + 1", true),
        ];
        assert_eq!(read, IndexAttributes { terms, unique: true, condition: Some("a > 0".into()) });
        Ok(())
    }

    #[test]
    fn a_trigger_is_its_head_and_statements() -> Result<(), ParseError> {
        let sql = "CREATE TRIGGER x UPDATE OF a,\"b c\" ON t FOR EACH ROW WHEN new.a>1 BEGIN\n \
                   UPDATE t SET a=CASE WHEN 1 THEN 2 END; -- note\n select 1;\nEND";
        let read = trigger(sql)?;
        assert_eq!((read.timing.as_str(), read.event.as_str()), ("BEFORE", "UPDATE"));
        assert_eq!(read.columns, ["a", "b c"]);
        assert_eq!(read.condition.as_deref(), Some("new.a > 1"));
        assert_eq!(read.body, ["UPDATE t SET a = CASE WHEN 1 THEN 2 END", "SELECT 1"]);
        Ok(())
    }

    #[test]
    fn a_script_is_cut_behind_its_statements() {
        let script = "-- note; here\nCREATE TABLE t(a); ;\nCREATE TEMP TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; \
                      SELECT CASE 1 WHEN 1 THEN 2 END; END; SELECT ';'";
        let tokens = super::super::token::tokenize(script);
        let mut rest = &tokens[..];
        let mut cut = Vec::new();
        while let Some((begin, end, next)) = first_statement(rest) {
            cut.push(&script[begin..end]);
            rest = &rest[next..];
        }
        assert_eq!(cut.len(), 3, "{cut:?}");
        assert_eq!(cut[0], "CREATE TABLE t(a);");
        assert!(cut[1].ends_with("END;"));
        assert_eq!(cut[2], "SELECT ';'");
    }

    #[test]
    fn a_virtual_table_keeps_its_arguments() -> Result<(), ParseError> {
        let read = virtual_table("CREATE VIRTUAL TABLE f USING FTS5(title, body, tokenize = 'porter ascii')")?;
        assert_eq!(read.module, "fts5");
        assert_eq!(read.arguments, ["title", "body", "tokenize = 'porter ascii'"]);
        Ok(())
    }
}
