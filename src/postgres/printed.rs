//! One form for what servers of different versions print differently though it means the same.
//!
//! The form is that of the newest version. Only what is known to differ is rewritten, and only where the text alone
//! proves what it means: a word in upper case is a keyword and any other is an identifier, as the server quotes what
//! could be taken for another (`quote_identifier` in `src/backend/utils/adt/ruleutils.c` of PostgreSQL). What differs
//! was found by printing some 7,400 views, rules, bodies and expressions on 14 to 18 and comparing them.

mod bound;
mod cycle_marks;
mod old_and_new;
mod one_relation;
mod reread;
mod row_aliases;
mod token;

use std::ops::Range;

use super::quote;
pub(super) use bound::condition as condition_of_bound;
pub(super) use row_aliases::leave_out as leave_out_row_aliases;
use token::{Sort, Token, tokens};

/// A part of a text, and what stands there instead.
type Edit = (Range<usize>, &'static str);

/// An expression or a statement that has expressions in it, in a form that the server reads as what it printed. What one
/// version cannot read is left out: 16 and newer print `NO INDENT` for what is the default and the only way of 15.
pub(super) fn expression(text: String) -> String {
    let is_concerned = text.contains(" NO INDENT)") || text.contains(" AS bool");
    let text = edited(text, is_concerned, |tokens| {
        let serializations = tokens.windows(3).filter_map(|window| match window {
            [before, no, indent] if no.is_keyword("NO") && indent.is_keyword("INDENT") => {
                Some((before.end()..indent.end(), ""))
            }
            _ => None,
        });
        // On 14, `true` alone has a name, which nobody sees here.
        let named = tokens.windows(6).filter_map(|window| match window {
            [exists, open, select, constant, keyword, name]
                if exists.is_keyword("EXISTS")
                    && open.is_sign("(")
                    && select.is_keyword("SELECT")
                    && matches!(constant.text, "true" | "false")
                    && keyword.is_keyword("AS")
                    && name.text == "bool" =>
            {
                Some((constant.end()..name.end(), ""))
            }
            _ => None,
        });
        let mut edits: Vec<Edit> = serializations.chain(named).collect();
        edits.sort_by_key(|(range, _)| range.start);
        edits
    });
    reread::lasting(cycle_marks::readable(text))
}

/// Statements that change rows, in rules and in bodies of SQL: minor releases of 2026 began to print `AS` before the
/// alias of the table that `UPDATE`, `DELETE` and `MERGE` change, which is the only form that every alias can have.
pub(super) fn statements(text: String) -> String {
    let is_concerned = ["UPDATE ", "DELETE FROM ", "MERGE INTO "].iter().any(|word| text.contains(word));
    let text = edited(text, is_concerned, |tokens| {
        let aliases = (0..tokens.len()).filter_map(|place| alias_of_target(tokens, place));
        aliases.map(|place| (tokens[place].start..tokens[place].start, "AS ")).collect()
    });
    expression(text)
}

/// The query of a view. `tree` is given where the server is older than 16: the query as the catalogue keeps it, or an
/// empty text where no name in it could be one of the server's giving.
///
/// # Errors
/// The text as it is, where the one form cannot be told.
pub(super) fn view(text: String, tree: Option<&str>) -> Result<String, String> {
    let Some(tree) = tree else { return Ok(expression(text)) };
    let named = if tree.is_empty() { Some(text.clone()) } else { old_and_new::restored(&text, tree) };
    match named.and_then(|named| one_relation::bare(&named)) {
        Some(written) => Ok(expression(written)),
        None => Err(text),
    }
}

/// A rule or a trigger, whose relation is named behind this keyword: the server prints the relation's schema always, but
/// in the pretty form, which leaves out brackets that mean something. Here it is relative to the schema at hand.
pub(super) fn relative(text: String, keyword: &str, schema: &str) -> String {
    let schema = quote::identifier(schema);
    edited(text, true, |tokens| {
        let relation = tokens.windows(3).find_map(|window| match window {
            [word, name, dot] if word.is_keyword(keyword) => Some((name, dot)),
            _ => None,
        });
        let own = relation.filter(|(name, dot)| name.text == schema && dot.is_sign("."));
        own.map(|(name, dot)| (name.start..dot.end(), "")).into_iter().collect()
    })
}

/// A text with what is to be changed in it. One that cannot be read is left as it is.
fn edited(text: String, is_concerned: bool, edits: impl FnOnce(&[Token<'_>]) -> Vec<Edit>) -> String {
    if !is_concerned {
        return text;
    }
    match tokens(&text) {
        Some(tokens) => written(&text, edits(&tokens)),
        None => text,
    }
}

/// A text with these edits, which are in order.
fn written<T: AsRef<str>>(text: &str, edits: Vec<(Range<usize>, T)>) -> String {
    let mut written = String::with_capacity(text.len() + 9 * edits.len());
    let mut done = 0;
    for (range, instead) in edits {
        written.push_str(&text[done..range.start]);
        written.push_str(instead.as_ref());
        done = range.end;
    }
    written + &text[done..]
}

/// Where the alias of the changed table is, if a statement that changes rows begins at this place and has one without
/// `AS`.
fn alias_of_target(tokens: &[Token<'_>], place: usize) -> Option<usize> {
    let is = |place: usize, text: &str| tokens.get(place).is_some_and(|token| token.is_keyword(text));
    let is_name = |place: usize| tokens.get(place).is_some_and(|token| token.sort == Sort::Name);
    let mut next = match tokens[place].text {
        "UPDATE" if tokens[place].sort == Sort::Keyword => place + 1,
        "DELETE" if is(place, "DELETE") && is(place + 1, "FROM") => place + 2,
        "MERGE" if is(place, "MERGE") && is(place + 1, "INTO") => place + 2,
        _ => return None,
    };
    if is(next, "ONLY") {
        next += 1;
    }
    if !is_name(next) {
        return None;
    }
    next += 1;
    while tokens.get(next).is_some_and(|token| token.text == ".") && is_name(next + 1) {
        next += 2;
    }
    is_name(next).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(statements(text.to_owned()), expected, "{text}");
        assert_eq!(statements(expected.to_owned()), expected, "{expected} is in the one form");
    }

    #[test]
    fn what_some_versions_cannot_read_is_left_out() {
        let check = |text: &str, expected: &str| assert_eq!(expression(text.to_owned()), expected, "{text}");
        check("XMLSERIALIZE(CONTENT x AS text NO INDENT)", "XMLSERIALIZE(CONTENT x AS text)");
        check("XMLSERIALIZE(CONTENT x AS text INDENT)", "XMLSERIALIZE(CONTENT x AS text INDENT)");
        check("(a = ' NO INDENT)'::text)", "(a = ' NO INDENT)'::text)");
        check("(EXISTS ( SELECT true AS bool FROM t))", "(EXISTS ( SELECT true FROM t))");
        check("( SELECT true AS bool FROM t)", "( SELECT true AS bool FROM t)");
        check("(EXISTS ( SELECT true AS boolean FROM t))", "(EXISTS ( SELECT true AS boolean FROM t))");
    }

    #[test]
    fn the_relation_of_a_rule_or_a_trigger_is_relative_to_the_schema() {
        let check = |text: &str, keyword, schema, expected: &str| {
            assert_eq!(relative(text.to_owned(), keyword, schema), expected, "{text}");
        };
        check("CREATE RULE r AS\n    ON UPDATE TO s.t DO", "TO", "s", "CREATE RULE r AS\n    ON UPDATE TO t DO");
        check("ON DELETE TO \"S s\".\"T\" DO", "TO", "S s", "ON DELETE TO \"T\" DO");
        check("ON DELETE TO other.t DO UPDATE s.t", "TO", "s", "ON DELETE TO other.t DO UPDATE s.t");
        let trigger = "CREATE TRIGGER \"ON s.t\" BEFORE UPDATE OF a, \"ON\" ON s.t FROM s.u";
        check(trigger, "ON", "s", "CREATE TRIGGER \"ON s.t\" BEFORE UPDATE OF a, \"ON\" ON t FROM s.u");
    }

    #[test]
    fn the_table_that_a_statement_changes_has_as_before_its_alias() {
        check("UPDATE t x SET a = x.a + 1", "UPDATE t AS x SET a = x.a + 1");
        check("UPDATE ONLY s.t \"X y\" SET a = 1", "UPDATE ONLY s.t AS \"X y\" SET a = 1");
        check("UPDATE t set SET a = 1", "UPDATE t AS set SET a = 1");
        check("DELETE FROM t x\n  WHERE (x.a = 1)", "DELETE FROM t AS x\n  WHERE (x.a = 1)");
        check(" MERGE INTO t x\n USING u", " MERGE INTO t AS x\n USING u");
        check("WITH w AS (\n UPDATE t x SET a = 1) SELECT 1", "WITH w AS (\n UPDATE t AS x SET a = 1) SELECT 1");
        check("UPDATE t SET a = 'UPDATE t x'::text", "UPDATE t SET a = 'UPDATE t x'::text");
        check("ON UPDATE TO t DO INSTEAD UPDATE t x SET a = 1", "ON UPDATE TO t DO INSTEAD UPDATE t AS x SET a = 1");
        for same in [
            "INSERT INTO t AS x (a) VALUES (1) ON CONFLICT(a) DO UPDATE SET a = 1",
            "SELECT t.a FROM t FOR UPDATE OF t",
            "DELETE FROM t USING u x",
            "WHEN MATCHED THEN UPDATE SET a = 1",
            "CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING",
            "SELECT \"UPDATE \" x FROM t",
            "UPDATE t x SET a = 'an end is missing",
        ] {
            check(same, same);
        }
    }
}
