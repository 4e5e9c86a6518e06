//! What the server reads otherwise than it printed it, in a form that it reads as what was printed.
//!
//! Two things are lost on the way (`makeAndExpr` in `gram.y` and `transformTypeCast` in `parse_expr.c` of PostgreSQL): of
//! `((a AND b) AND c)`, which is how `x BETWEEN 1 AND 5 AND c` is kept, the inner brackets; and of `(ARRAY[x, y])::text[]`,
//! which is how `name IN ('x', 'y')` is kept where the name is no `text`, that the array was cast and not each of its
//! elements. Casts that do nothing keep both apart: the server reads them and keeps nothing of them.

use std::borrow::Cow;
use std::ops::Range;

use super::token::{Sort, Token, closing, depth_after, tokens};
use super::written;

/// What is written into a text, and where.
type Insertion = (Range<usize>, Cow<'static, str>);

/// A text that the server reads as what it was printed from. One that cannot be read is left as it is.
pub(super) fn lasting(text: String) -> String {
    let has_twice = |word: &str| text.matches(word).nth(1).is_some();
    let is_concerned = text.contains("ARRAY[") || has_twice(" AND ") || has_twice(" OR ");
    if !is_concerned {
        return text;
    }
    let Some(tokens) = tokens(&text) else { return text };
    let mut insertions = after_first_operands(&tokens);
    let arrays = (0..tokens.len()).filter_map(|place| after_array(&tokens, place));
    insertions.extend(arrays.filter(|(range, cast)| cast.is_empty() || !text[range.end..].starts_with(cast.as_ref())));
    insertions.sort_by_key(|(range, _)| range.start);
    if insertions.is_empty() { text } else { written(&text, insertions) }
}

/// What is known of brackets that are open.
struct Group<'a> {
    open: usize,
    /// `AND` or `OR`, where that joins what is in them.
    operator: Option<&'a str>,
    /// Where the brackets with which it begins end, and what joins what is in those.
    first: Option<(usize, &'a str)>,
}

/// The places behind an operand in brackets that comes first and is joined as what it is an operand of.
fn after_first_operands(tokens: &[Token<'_>]) -> Vec<Insertion> {
    let mut insertions = Vec::new();
    let mut groups: Vec<Group<'_>> = Vec::new();
    for (place, token) in tokens.iter().enumerate() {
        if token.is_sign("(") {
            groups.push(Group { open: place, operator: None, first: None });
        } else if token.is_sign(")") {
            let closed = groups.pop();
            if let (Some(Group { open, operator: Some(operator), .. }), Some(around)) = (closed, groups.last_mut())
                && open == around.open + 1
            {
                around.first = Some((place, operator));
            }
        } else if token.is_keyword("AND") || token.is_keyword("OR") {
            let Some(group) = groups.last_mut() else { continue };
            group.operator.get_or_insert(token.text);
            if let Some((end, operator)) = group.first
                && (end + 1, operator) == (place, token.text)
            {
                let end = tokens[end].end();
                insertions.push((end..end, "::boolean".into()));
            }
        }
    }
    insertions
}

/// What keeps an array that begins here and is cast as a whole what it is: a cast to what it is already; or no cast at all,
/// where its elements do not say that, or have modifiers and are compared by `ANY` or `ALL`: then what the array is there
/// for makes it what it was made before, as it mostly was not anybody who wrote the cast.
fn after_array(tokens: &[Token<'_>], place: usize) -> Option<Insertion> {
    let is = |place: usize, sign: &str| tokens.get(place).is_some_and(|token| token.is_sign(sign));
    if !tokens[place].is_keyword("ARRAY") || !is(place + 1, "[") {
        return None;
    }
    let elements = place + 2;
    let end = closing(tokens, place + 1)?;
    let is_in_brackets = place > 0 && is(place - 1, "(") && is(end + 1, ")");
    let (start, cast) = if is_in_brackets { (place - 1, end + 2) } else { (place, end + 1) };
    if end == elements || tokens.get(cast)?.sort != Sort::Cast {
        return None;
    }
    let elements = &tokens[elements..end];
    let element = element_type(elements);
    let is_compared =
        start >= 2 && is(start - 1, "(") && ["ANY", "ALL"].iter().any(|word| tokens[start - 2].is_keyword(word));
    if element.is_none() || is_compared && operands(elements).into_iter().any(has_modifier) {
        let last = type_end(tokens, cast)?;
        return Some((tokens[cast].start..tokens[last].end(), "".into()));
    }
    let element = element?;
    let array = if element.ends_with("[]") { "" } else { "[]" };
    let end = tokens[end].end();
    Some((end..end, format!("::{element}{array}").into()))
}

/// The last token of the array type that a cast is to.
fn type_end(tokens: &[Token<'_>], cast: usize) -> Option<usize> {
    let is_part = |token: &Token<'_>| token.sort == Sort::Name || matches!(token.text, "." | "[" | "]");
    let length = tokens[cast + 1..].iter().take_while(|token| is_part(token)).count();
    Some(cast + length).filter(|last| *last > cast && tokens[*last].is_sign("]"))
}

/// Whether an operand is cast to a type with a modifier, as in `'a'::character(3)`.
fn has_modifier(operand: &[Token<'_>]) -> bool {
    let cast = operand.iter().rposition(|token| token.sort == Sort::Cast);
    cast.is_some_and(|cast| operand[cast..].iter().any(|token| token.is_sign("(")))
}

/// What stands between commas.
fn operands<'a, 'b>(tokens: &'a [Token<'b>]) -> Vec<&'a [Token<'b>]> {
    let mut depth = 0;
    tokens
        .split(|token| {
            depth = depth_after(depth, token);
            depth == 0 && token.is_sign(",")
        })
        .collect()
}

/// Types of which no column has a modifier.
const WITHOUT_MODIFIER: [&str; 9] =
    ["integer", "bigint", "smallint", "text", "boolean", "real", "double precision", "date", "uuid"];

/// The type of the elements of an array, where what is between its brackets says it. An element that does not say it may
/// be a column with a modifier, which the server would cast.
pub(super) fn element_type(elements: &[Token<'_>]) -> Option<String> {
    let types: Vec<Option<String>> = operands(elements).into_iter().map(type_of).collect();
    let known = types.iter().flatten().next()?;
    let is_plain = || WITHOUT_MODIFIER.contains(&known.trim_end_matches("[]"));
    (types.iter().all(Option::is_some) || is_plain()).then(|| known.clone())
}

/// The type of an operand, where its text says it.
fn type_of(operand: &[Token<'_>]) -> Option<String> {
    let mut depth = 0;
    let mut cast = None;
    for (place, token) in operand.iter().enumerate() {
        depth = depth_after(depth, token);
        if depth == 0 && token.sort == Sort::Cast {
            cast = Some(place);
        }
    }
    match (cast, operand) {
        (Some(cast), _) => type_name(&operand[cast + 1..]),
        (None, [Token { sort: Sort::Literal, text, .. }]) => {
            Some(if text.parse::<i32>().is_ok() { "integer" } else { "numeric" }.to_owned())
        }
        (None, [array, open, elements @ .., _]) if array.is_keyword("ARRAY") && open.is_sign("[") => {
            element_type(elements)
        }
        (None, [Token { text: "true" | "false", .. }]) => Some("boolean".to_owned()),
        _ => None,
    }
}

/// A type without its modifiers; `None` where this is more than the name of a type.
fn type_name(tokens: &[Token<'_>]) -> Option<String> {
    let mut name = String::new();
    let mut depth = 0;
    for token in tokens {
        let is_modifier = depth > 0 || token.is_sign("(");
        match (token.sort, token.text) {
            (_, "(") => depth += 1,
            (_, ")") => depth -= 1,
            _ if is_modifier => {}
            (Sort::Sign, "." | "[" | "]") => name.push_str(token.text),
            (Sort::Name, word) => {
                if !name.is_empty() && !name.ends_with('.') {
                    name.push(' ');
                }
                name.push_str(word);
            }
            _ => return None,
        }
    }
    // Without a modifier, these names are of length 1.
    let name = match name.as_str() {
        "character" => "bpchar".to_owned(),
        "bit" => "\"bit\"".to_owned(),
        _ => name,
    };
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(lasting(text.to_owned()), expected, "{text}");
        assert_eq!(lasting(expected.to_owned()), expected, "{expected} lasts");
    }

    #[test]
    fn an_operand_that_comes_first_keeps_its_brackets() {
        check("(((x >= 1) AND (x <= 2)) AND (y > 0))", "(((x >= 1) AND (x <= 2))::boolean AND (y > 0))");
        check("(((x < 1) OR (x > 2)) OR (y = 0))", "(((x < 1) OR (x > 2))::boolean OR (y = 0))");
        check("((((a AND b) AND c) AND d) OR e)", "((((a AND b)::boolean AND c)::boolean AND d) OR e)");
        check("WHERE ((t.a AND t.b) AND t.c)", "WHERE ((t.a AND t.b)::boolean AND t.c)");
        for same in [
            "((a AND b) OR (c AND d))",
            "(c AND (a AND b) AND d)",
            "(a AND b AND c)",
            "(f((a AND b)) AND c AND d)",
            "((a = ' AND ) AND '::text) AND c)",
            "((NOT (a AND b)) AND c)",
        ] {
            check(same, same);
        }
    }

    #[test]
    fn an_array_that_is_cast_keeps_the_type_of_its_elements() {
        check(
            "((s)::text = ANY ((ARRAY['a'::character varying, 'b, c'::character varying])::text[]))",
            "((s)::text = ANY ((ARRAY['a'::character varying, 'b, c'::character varying]::character varying[])::text[]))",
        );
        check("ANY (ARRAY['a'::s.\"T x\"]::text[])", "ANY (ARRAY['a'::s.\"T x\"]::s.\"T x\"[]::text[])");
        check("(ARRAY[1, 2])::bigint[]", "(ARRAY[1, 2]::integer[])::bigint[]");
        check("(ARRAY[ARRAY[x, 1], y])::bigint[]", "(ARRAY[ARRAY[x, 1], y]::integer[])::bigint[]");
        check("(ARRAY[x, (1)::smallint])::bigint[]", "(ARRAY[x, (1)::smallint]::smallint[])::bigint[]");
        check("(ARRAY['a'::character(3)])::text[]", "(ARRAY['a'::character(3)]::bpchar[])::text[]");
        check(
            "(ARRAY['2024-01-01'::timestamp(3) with time zone])::date[]",
            "(ARRAY['2024-01-01'::timestamp(3) with time zone]::timestamp with time zone[])::date[]",
        );
        check(
            "ANY ((ARRAY['a'::character(3), 'b'::character(2)])::text[])",
            "ANY ((ARRAY['a'::character(3), 'b'::character(2)]))",
        );
        check("((v)::text <> ALL ((ARRAY[x, y])::s.\"T x\"[]))", "((v)::text <> ALL ((ARRAY[x, y])))");
        check("f((ARRAY[x, y])::bigint[])", "f((ARRAY[x, y]))");
        check("(ARRAY[x, 'a'::character varying])::text[]", "(ARRAY[x, 'a'::character varying])");
        check("(ARRAY[(a || 'x'::text)])::name[]", "(ARRAY[(a || 'x'::text)])");
        for same in ["ARRAY[]::text[]", "(a = ANY (ARRAY[1, 2]))", "(ARRAY[x, y])[1]", "(ARRAY[x, y])::mine"] {
            check(same, same);
        }
    }
}
