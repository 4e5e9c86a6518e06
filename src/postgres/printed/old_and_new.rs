//! What views call `old` and `new`. Until 15 the query of a view has two relations of these names beyond its own, so
//! that the server gives others to those that it was written with: `old_1` for the first, `old_2` for the second.

use std::borrow::Cow;

use super::token::{Sort, Token, tokens};

/// The query of a view with the names that newer servers print, which count from the first again.
///
/// `tree` is the query as the catalogue keeps it (`pg_rewrite.ev_action`), where the names are as they were written.
/// `None` where it does not say which of the names were given by the server.
pub(super) fn restored(text: &str, tree: &str) -> Option<String> {
    let own: Vec<Own> = ["old", "new"].into_iter().map(|name| Own::of(name, tree)).collect();
    if own.iter().all(|own| own.count() == 0) {
        return Some(text.to_owned());
    }
    if own.iter().any(|own| own.count() > 0 && has_numbered(own.name, tree)) {
        return None;
    }
    let tokens = tokens(text)?;
    let mut written = String::with_capacity(text.len());
    let mut done = 0;
    for place in 0..tokens.len() {
        let Some(own) = own.iter().find(|own| own.count() > 0 && is_given(&tokens, place, own.name)) else { continue };
        let name = own.name_before(tokens[place].text)?;
        written.push_str(&text[done..tokens[place].start]);
        done = tokens[place].end();
        let is_alias_of_namesake = place > 0 && is_alias(&tokens, place) && tokens[place - 1].text == name;
        match (is_alias_of_namesake, own.written, own.unwritten) {
            (true, 0, _) => written.truncate(written.trim_end().len()),
            (false, _, _) | (true, _, 0) => written.push_str(&name),
            (true, _, _) => return None,
        }
    }
    written.push_str(&text[done..]);
    Some(written)
}

/// How many relations of a query are called so.
struct Own {
    name: &'static str,
    /// By an alias that somebody wrote.
    written: usize,
    /// By their own name.
    unwritten: usize,
}

impl Own {
    fn of(name: &'static str, tree: &str) -> Self {
        let count = |field: &str| tree.matches(&format!(":{field} {{ALIAS :aliasname {name} ")).count();
        // One of each is that of the server.
        let (aliases, all) = (count("alias").saturating_sub(1), count("eref").saturating_sub(1));
        Self { name, written: aliases, unwritten: all.saturating_sub(aliases) }
    }

    fn count(&self) -> usize {
        self.written + self.unwritten
    }

    /// `old` for `old_1`, `old_1` for `old_2`.
    fn name_before(&self, given: &str) -> Option<Cow<'static, str>> {
        let number: u32 = given.rsplit_once('_')?.1.parse().ok()?;
        Some(if number == 1 { self.name.into() } else { format!("{}_{}", self.name, number - 1).into() })
    }
}

/// Whether a text begins with such a name, and how long it is: `old_12`.
fn numbered(text: &str, name: &str) -> Option<usize> {
    let digits = text.strip_prefix(name)?.strip_prefix('_')?;
    let count = digits.find(|each: char| !each.is_ascii_digit()).unwrap_or(digits.len());
    (count > 0).then_some(name.len() + 1 + count)
}

/// Whether somebody called a relation so that it looks like a name of the server's giving.
fn has_numbered(name: &str, tree: &str) -> bool {
    let mut names = tree.split("{ALIAS :aliasname ").skip(1);
    names.any(|rest| numbered(rest, name).is_some_and(|length| rest[length..].starts_with(' ')))
}

/// Whether the token at this place is such a name of a relation, and not that of a column, a type or a schema.
fn is_given(tokens: &[Token<'_>], place: usize, name: &str) -> bool {
    let token = &tokens[place];
    if token.sort != Sort::Name || numbered(token.text, name) != Some(token.text.len()) {
        return false;
    }
    let before = place.checked_sub(1).map(|before| &tokens[before]);
    let is_behind = |words: &[&str]| before.is_some_and(|before| words.iter().any(|word| before.is_keyword(word)));
    let is_qualifier = tokens.get(place + 1).is_some_and(|next| next.is_sign("."))
        && !tokens.get(place + 3).is_some_and(|next| next.is_sign("("))
        && !before.is_some_and(|before| before.sort == Sort::Cast || before.is_sign("."))
        && !is_behind(&["FROM", "JOIN", "ONLY", "COLLATE"]);
    is_qualifier || is_alias(tokens, place) || is_behind(&["OF"])
}

/// Whether a name directly follows a relation.
fn is_alias(tokens: &[Token<'_>], place: usize) -> bool {
    place
        .checked_sub(1)
        .map(|before| &tokens[before])
        .is_some_and(|before| before.sort == Sort::Name || before.is_sign(")") || before.is_keyword("ORDINALITY"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the catalogue of 15 has it, with the server's own two relations and one join.
    fn tree(relations: &[(&str, bool)]) -> String {
        let own = [("old", true), ("new", true)];
        let relation = |(name, is_alias): &(&str, bool)| {
            let alias = if *is_alias { format!("{{ALIAS :aliasname {name} :colnames <>}}") } else { "<>".to_owned() };
            format!("{{RTE :alias {alias} :eref {{ALIAS :aliasname {name} :colnames (\"a\")}} :rtekind 0}} ")
        };
        own.iter().chain(relations).map(relation).collect()
    }

    fn check(text: &str, relations: &[(&str, bool)], expected: Option<&str>) {
        assert_eq!(restored(text, &tree(relations)).as_deref(), expected, "{text}");
    }

    #[test]
    fn names_of_the_servers_giving_count_from_the_first_again() {
        let aliases = " SELECT old_1.a FROM (t old_1 JOIN t new_1 ON ((old_1.a = new_1.b)))";
        let restored = " SELECT old.a FROM (t old JOIN t new ON ((old.a = new.b)))";
        check(aliases, &[("old", true), ("new", true), ("unnamed_join", false)], Some(restored));
        check("SELECT old_1.a FROM old old_1", &[("old", false)], Some("SELECT old.a FROM old"));
        check("SELECT old_1.a FROM old old_1", &[("old", true)], Some("SELECT old.a FROM old old"));
        let twice = "SELECT old_1.a, ( SELECT old_2.b FROM old old_2) AS b FROM old old_1";
        let expected = "SELECT old.a, ( SELECT old_1.b FROM old old_1) AS b FROM old";
        check(twice, &[("old", false), ("old", false)], Some(expected));
    }

    #[test]
    fn names_that_somebody_gave_stay() {
        let same = "SELECT old_1.a FROM t old_1";
        check(same, &[("old_1", true)], Some(same));
        let column = "SELECT new_1.old_1, 1 AS new_1 FROM t new_1";
        check(column, &[("new", true)], Some("SELECT new.old_1, 1 AS new_1 FROM t new"));
        let text = "SELECT old_1.a, old_1.f(1) AS b, 'x'::old_1.c AS c FROM old_1.t old_1";
        let expected = "SELECT old.a, old_1.f(1) AS b, 'x'::old_1.c AS c FROM old_1.t old";
        check(text, &[("old", true)], Some(expected));
        check("SELECT old_1.a FROM t old_2, t old_1", &[("old_1", true), ("old", true)], None);
        check("SELECT 1 FROM old old_1, old old_2", &[("old", true), ("old", false)], None);
    }
}
