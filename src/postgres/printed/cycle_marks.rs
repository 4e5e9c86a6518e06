//! The marks of `CYCLE` in recursive queries: the server prints `TO 'yes'::text DEFAULT 'no'::text`, of which it reads
//! neither, as no cast may stand there. `text 'yes'` it reads.

use std::borrow::Cow;
use std::ops::Range;

use super::token::{Sort, Token, tokens};
use super::written;

/// A text with marks that can be read. One that cannot be read is left as it is.
pub(super) fn readable(text: String) -> String {
    if !text.contains(" CYCLE ") {
        return text;
    }
    let Some(tokens) = tokens(&text) else { return text };
    let edits: Vec<(Range<usize>, Cow<'static, str>)> =
        (0..tokens.len()).filter_map(|place| marks(&text, &tokens, place)).flatten().collect();
    if edits.is_empty() { text } else { written(&text, edits) }
}

/// The two marks where `SET column TO` begins at this place.
fn marks(text: &str, tokens: &[Token<'_>], place: usize) -> Option<[(Range<usize>, Cow<'static, str>); 2]> {
    let rest = tokens.get(place..).filter(|rest| rest.len() > 2)?;
    if !rest[0].is_keyword("SET") || rest[1].sort != Sort::Name || !rest[2].is_keyword("TO") {
        return None;
    }
    let of = |word: &str| tokens.iter().skip(place).position(|token| token.is_keyword(word)).map(|found| place + found);
    let (default, using) = (of("DEFAULT")?, of("USING")?);
    let yes = typed(text, tokens.get(place + 3..default)?)?;
    let no = typed(text, tokens.get(default + 1..using)?)?;
    Some([yes, no])
}

/// A literal with its type in front of it, where it is a literal that is cast and nothing else.
fn typed(text: &str, mark: &[Token<'_>]) -> Option<(Range<usize>, Cow<'static, str>)> {
    let [literal, cast, names @ ..] = mark else { return None };
    let is_name = |token: &Token<'_>| token.sort == Sort::Name || token.is_sign(".");
    if literal.sort != Sort::Literal || cast.sort != Sort::Cast || !names.iter().all(is_name) {
        return None;
    }
    let (first, last) = (names.first()?, names.last()?);
    let written = format!("{} {}", &text[first.start..last.end()], literal.text);
    Some((literal.start..last.end(), written.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_have_their_type_in_front() {
        let check = |text: &str, expected: &str| assert_eq!(readable(text.to_owned()), expected, "{text}");
        check(
            ") CYCLE n SET c TO 'y'::text DEFAULT 'n'::character varying USING q\n SELECT 'a'::text",
            ") CYCLE n SET c TO text 'y' DEFAULT character varying 'n' USING q\n SELECT 'a'::text",
        );
        for same in
            [") CYCLE n SET c USING q", ") CYCLE n SET c TO 1 DEFAULT 0 USING q", "SELECT ' CYCLE n SET c TO '::text"]
        {
            check(same, same);
        }
    }
}
