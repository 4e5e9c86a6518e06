//! Arrays that are cast as a whole and whose elements do not tell their type, as `(ARRAY[a, b])::bigint[]` for an array of
//! columns that a function takes. The server casts each element when it reads that (`transformTypeCast` in `parse_expr.c` of
//! PostgreSQL) and prints `ARRAY[(a)::bigint, (b)::bigint]` then. Nothing that could be written keeps it from that where
//! the type is not known, so that what it prints next is the one form. Where the type is known, see [`super::reread`].

use std::borrow::Cow;
use std::ops::Range;

use super::reread::element_type;
use super::token::{Sort, Token, tokens};

/// A part of a text, and what stands there instead.
type Edit = (Range<usize>, Cow<'static, str>);

/// Arrays within arrays and casts of casts need as many readings as they are deep.
const READINGS: usize = 32;

/// A text in which such arrays are those that the server makes of them. One that cannot be read stays.
pub(super) fn by_element(mut text: String) -> String {
    for _ in 0..READINGS {
        if !text.contains("ARRAY[") {
            return text;
        }
        let Some(tokens) = tokens(&text) else { return text };
        let closings = closings(&tokens);
        let mut edits = recast(&text, &tokens, &closings);
        if edits.is_empty() {
            return text;
        }
        // Those at one place stay in the order in which they were found.
        edits.sort_by_key(|(range, _)| (range.start, range.end));
        text = with(&text, edits);
    }
    text
}

fn with(text: &str, edits: Vec<Edit>) -> String {
    let mut written = String::with_capacity(text.len() + 8 * edits.len());
    let mut done = 0;
    for (range, instead) in edits {
        written.push_str(&text[done..range.start]);
        written.push_str(&instead);
        done = range.end;
    }
    written + &text[done..]
}

/// For each opening bracket, which token closes it.
fn closings(tokens: &[Token<'_>]) -> Vec<Option<usize>> {
    let mut closings = vec![None; tokens.len()];
    let mut open = Vec::new();
    for (place, token) in tokens.iter().enumerate() {
        if token.is_sign("(") || token.is_sign("[") {
            open.push(place);
        } else if token.is_sign(")") || token.is_sign("]") {
            let Some(opening) = open.pop() else { return vec![None; tokens.len()] };
            closings[opening] = Some(place);
        }
    }
    closings
}

/// An array whose elements are made what it is made as a whole; the first that is not within another.
fn recast(text: &str, tokens: &[Token<'_>], closings: &[Option<usize>]) -> Vec<Edit> {
    for (place, token) in tokens.iter().enumerate() {
        if !token.is_keyword("ARRAY") || !tokens.get(place + 1).is_some_and(|token| token.is_sign("[")) {
            continue;
        }
        let Some(closing) = closings[place + 1] else { continue };
        let is_bracketed = place.checked_sub(1).is_some_and(|open| closings[open] == Some(closing + 1));
        let cast = if is_bracketed { closing + 2 } else { closing + 1 };
        let Some((made, end)) = cast_to(text, tokens, cast) else { continue };
        if element_type(&tokens[place + 2..closing]).is_some() {
            continue;
        }
        let array = Array { text, tokens, closings, made, has_brackets: is_bracketed };
        let Some(mut edits) = array.elements(place + 1..closing) else { continue };
        if is_bracketed {
            edits.insert(0, (tokens[place - 1].start..tokens[place - 1].end(), Cow::Borrowed("")));
        }
        edits.push((tokens[closing].end()..end, Cow::Borrowed("")));
        return edits;
    }
    Vec::new()
}

/// The type of the elements, and where the cast ends, if one to an array begins at this place.
fn cast_to<'a>(text: &'a str, tokens: &[Token<'_>], cast: usize) -> Option<(&'a str, usize)> {
    if tokens.get(cast)?.sort != Sort::Cast {
        return None;
    }
    let mut place = cast + 1;
    loop {
        let token = tokens.get(place)?;
        let is_modifier = matches!(token.text, "(" | ")" | ",") || token.text.bytes().all(|each| each.is_ascii_digit());
        if token.is_sign("[") {
            break;
        }
        if token.sort != Sort::Name && !token.is_sign(".") && !is_modifier {
            return None;
        }
        place += 1;
    }
    let closing = tokens.get(place + 1).filter(|token| token.is_sign("]"))?;
    let element_type = &text[tokens[cast].end()..tokens[place].start];
    (!element_type.is_empty()).then_some((element_type, closing.end()))
}

/// An array that is made another.
struct Array<'a> {
    text: &'a str,
    tokens: &'a [Token<'a>],
    closings: &'a [Option<usize>],
    /// What its elements are made.
    made: &'a str,
    /// Everything is in brackets of its own, which is not so in the pretty form.
    has_brackets: bool,
}

impl Array<'_> {
    /// What is added to the elements within these brackets. `None` where there is none.
    fn elements(&self, brackets: Range<usize>) -> Option<Vec<Edit>> {
        let mut edits = Vec::new();
        let mut first = brackets.start + 1;
        if first >= brackets.end {
            return None;
        }
        let mut place = first;
        while place <= brackets.end {
            if place == brackets.end || self.tokens[place].is_sign(",") {
                edits.extend(self.element(first..place)?);
                first = place + 1;
            }
            place = self.closings[place].unwrap_or(place) + 1;
        }
        Some(edits)
    }

    fn element(&self, places: Range<usize>) -> Option<Vec<Edit>> {
        let (first, last) = (self.tokens.get(places.start)?, self.tokens.get(places.end.checked_sub(1)?)?);
        let is_array = first.is_keyword("ARRAY") && self.closings[places.start + 1] == Some(places.end - 1);
        if is_array {
            return self.elements(places.start + 1..places.end - 1);
        }
        let has_brackets = self.has_brackets || !self.is_simple(places.clone());
        let cast = format!("{}::{}", if has_brackets { ")" } else { "" }, self.made);
        let mut edits = vec![(last.end()..last.end(), Cow::Owned(cast))];
        if has_brackets {
            edits.push(self.opening(places.start)?);
        }
        Some(edits)
    }

    /// The bracket in front of an element that begins at this place. What begins with a keyword has spaces or a line's end
    /// in front of it, which are within; a comma is followed by a space, but not at a line's end.
    fn opening(&self, place: usize) -> Option<Edit> {
        let before = self.tokens.get(place.checked_sub(1)?)?;
        let separator = if before.is_sign(",") { " " } else { "" };
        let is_separated = self.text[before.end()..].starts_with(separator);
        let start = if is_separated { before.end() + separator.len() } else { before.end() };
        Some((start..start, Cow::Borrowed(if is_separated { "(" } else { " (" })))
    }

    /// Whether the pretty form has no brackets around this when it is cast: names, literals, calls, and casts of them.
    fn is_simple(&self, places: Range<usize>) -> bool {
        let mut place = places.start;
        if self.tokens[place].is_keyword("CASE") {
            return true;
        }
        while place < places.end {
            let token = &self.tokens[place];
            let is_operator = token.sort == Sort::Sign && !matches!(token.text, "(" | "[" | ".");
            let is_word = token.sort == Sort::Keyword && !matches!(token.text, "NULL" | "ARRAY" | "ROW" | "COALESCE");
            let is_call = self.tokens.get(place + 1).is_some_and(|next| next.is_sign("("));
            if is_operator || (is_word && !is_call) {
                return false;
            }
            place = self.closings[place].unwrap_or(place) + 1;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(by_element(text.to_owned()), expected, "{text}");
        assert_eq!(by_element(expected.to_owned()), expected, "{expected} is settled");
    }

    #[test]
    fn elements_are_cast_where_they_do_not_tell_their_type() {
        check("f((ARRAY[a, (b + 1)])::bigint[])", "f(ARRAY[(a)::bigint, ((b + 1))::bigint])");
        check("(VARIADIC (ARRAY[t.v])::s.\"T x\"[])", "(VARIADIC ARRAY[(t.v)::s.\"T x\"])");
        check(
            "(ARRAY[ARRAY[a, b], ARRAY[c, d]])::numeric(5,2)[]",
            "ARRAY[ARRAY[(a)::numeric(5,2), (b)::numeric(5,2)], ARRAY[(c)::numeric(5,2), (d)::numeric(5,2)]]",
        );
        check("((ARRAY[a])::bigint[])::numeric[]", "(ARRAY[(a)::bigint])::numeric[]");
        check("(ARRAY[( SELECT 1), f(1, 2)])::bigint[]", "ARRAY[(( SELECT 1))::bigint, (f(1, 2))::bigint]");
        check(
            "(ARRAY[\n  CASE\n    WHEN a THEN b\n  END,\n  CASE\n    WHEN b THEN c\n  END])::bigint[]",
            "ARRAY[(\n  CASE\n    WHEN a THEN b\n  END)::bigint, (\n  CASE\n    WHEN b THEN c\n  END)::bigint]",
        );
        check(
            "(ARRAY[x, lower(b), a || b, - c]::text[] = d)",
            "(ARRAY[x::text, lower(b)::text, (a || b)::text, (- c)::text] = d)",
        );
    }

    #[test]
    fn other_arrays_stay() {
        let known = "(ARRAY['a'::character varying, (b)::character varying])::text[]";
        for same in [
            known,
            "(ARRAY[1, a])::bigint[]",
            "(ARRAY[a, b])[1]",
            "ARRAY[]::text[]",
            "(a)::text[]",
            "(ARRAY[a])::mine",
            "ARRAY[a AND",
        ] {
            check(same, same);
        }
    }
}
