//! Queries of views. Until 15 a view's query has two relations beyond those that it was written with, `old` and `new`:
//! so every column is printed with its relation (`t.a`), which 16 and newer leave out where there is one relation, and
//! what is itself called `old` or `new` gets another name (`old_1`).

use super::token::{Sort, Token, tokens};
use super::written;

/// What begins a query within brackets.
const QUERIES: [&str; 7] = ["SELECT", "VALUES", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE"];
/// What ends the list of relations.
const AFTER_FROM: [&str; 9] = ["WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT", "OFFSET", "FETCH", "FOR"];
/// What makes one query of several.
const SET_OPERATIONS: [&str; 3] = ["UNION", "INTERSECT", "EXCEPT"];

/// The query of a view of a server before 16 as newer ones print it; the same where it has several relations. `None`
/// where it cannot be read.
pub(super) fn bare(text: &str) -> Option<String> {
    let tokens = tokens(text)?;
    let Some(query) = Query::of(&tokens) else { return Some(text.to_owned()) };
    let qualifiers = (0..tokens.len()).filter(|place| query.is_dispensable(&tokens, *place));
    Some(written(text, qualifiers.map(|place| (tokens[place].start..tokens[place + 1].end(), "")).collect()))
}

/// An outermost query with one relation.
struct Query<'a> {
    /// By what its columns are qualified.
    relation: &'a str,
    /// The tokens of the list of relations, its `FROM` included.
    from: std::ops::Range<usize>,
    /// The names of what it answers with and is not a column of that name.
    computed: Vec<&'a str>,
    /// For each token, what it is in.
    places: Vec<Place>,
}

/// Where a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    /// In how many brackets.
    depth: usize,
    /// Within a query of its own that is in brackets.
    is_nested: bool,
    /// Within a list that is sorted or parted by, of the outermost query or of a function or a window in it.
    is_in_order: bool,
}

impl<'a> Query<'a> {
    /// `None` where there are several relations or none.
    fn of(tokens: &[Token<'a>]) -> Option<Self> {
        let places = places(tokens);
        let outer = |wanted: &dyn Fn(usize) -> bool, from: usize| {
            (from..tokens.len()).find(|place| places[*place].depth == 0 && wanted(*place))
        };
        let is_one_of = |words: &[&str], place: usize| words.iter().any(|word| tokens[place].is_keyword(word));
        // In front of it, there may be common tables.
        if !tokens.first().is_some_and(|first| first.is_keyword("SELECT") || first.is_keyword("WITH")) {
            return None;
        }
        let select = outer(&|place| tokens[place].is_keyword("SELECT"), 0)?;
        if outer(&|place| is_one_of(&SET_OPERATIONS, place), select).is_some() {
            return None;
        }
        // That of IS DISTINCT FROM and its like is in brackets.
        let from = outer(&|place| tokens[place].is_keyword("FROM"), select + 1)?;
        let end = outer(&|place| is_one_of(&AFTER_FROM, place), from).unwrap_or(tokens.len());
        let relation = relation(&tokens[from + 1..end], &places[from + 1..end])?;
        let computed = computed(&tokens[select + 1..from], &places[select + 1..from]);
        Some(Self { relation, from: from..end, computed, places })
    }

    /// Whether the relation's name at this place, with the dot behind it, is left out by newer servers.
    fn is_dispensable(&self, tokens: &[Token<'a>], place: usize) -> bool {
        let [qualifier, dot, column] = match tokens.get(place..place + 3) {
            Some([qualifier, dot, column]) => [qualifier, dot, column],
            _ => return false,
        };
        let before = place.checked_sub(1).map(|before| &tokens[before]);
        let after = tokens.get(place + 3);
        // A collation, a type or a function may be in a schema that is called like the relation.
        let is_of_schema = before.is_some_and(|before| {
            before.sort == Sort::Cast || before.is_sign(".") || before.is_keyword("COLLATE") || before.is_keyword("AS")
        }) || after.is_some_and(|after| after.is_sign("("));
        qualifier.sort == Sort::Name
            && qualifier.text == self.relation
            && dot.is_sign(".")
            && column.sort == Sort::Name
            && !self.places[place].is_nested
            && !self.from.contains(&place)
            && !is_of_schema
            && !self.would_be_computed(column.text, self.places[place], before, after)
    }

    /// Whether a column alone in a sorted list would, by its bare name, be taken for one that the query answers with.
    fn would_be_computed(
        &self,
        column: &str,
        place: Place,
        before: Option<&Token<'_>>,
        after: Option<&Token<'_>>,
    ) -> bool {
        let begins = before.is_some_and(|before| before.is_keyword("BY") || before.is_sign(",") || before.is_sign("("));
        let ends = after.is_none_or(|after| after.is_sign(",") || after.is_sign(")") || after.sort == Sort::Keyword);
        place.is_in_order && begins && ends && self.computed.contains(&column)
    }
}

/// What each token is in.
fn places(tokens: &[Token<'_>]) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::with_capacity(tokens.len());
    let mut outer: Vec<Place> = Vec::new();
    let mut place = Place { depth: 0, is_nested: false, is_in_order: false };
    for (index, token) in tokens.iter().enumerate() {
        if token.is_sign(")") || token.is_sign("]") {
            place = outer.pop().unwrap_or(place);
        }
        if token.sort == Sort::Keyword {
            place.is_in_order = match token.text {
                "BY" => !(index > 0 && tokens[index - 1].is_keyword("GROUP")),
                "ASC" | "DESC" | "NULLS" | "FIRST" | "LAST" | "USING" => place.is_in_order,
                "ON" => index > 0 && tokens[index - 1].is_keyword("DISTINCT"),
                _ => false,
            };
        }
        places.push(place);
        if token.is_sign("(") || token.is_sign("[") {
            // The brackets of DISTINCT ON are a list, which ends with them; those of any other expression are none.
            let is_list = place.is_in_order && index > 0 && tokens[index - 1].is_keyword("ON");
            place.is_in_order &= !is_list;
            outer.push(place);
            let is_query = |next: &Token<'_>| next.sort == Sort::Keyword && QUERIES.contains(&next.text);
            place.depth += 1;
            place.is_nested |= tokens.get(index + 1).is_some_and(is_query);
            place.is_in_order = is_list;
        }
    }
    places
}

/// The name by which the columns of the one relation of a list are qualified; `None` where there are several.
fn relation<'a>(tokens: &[Token<'a>], places: &[Place]) -> Option<&'a str> {
    let mut name = None;
    // Joins are printed in brackets, as queries are.
    if let [first, second, ..] = tokens
        && first.is_sign("(")
        && !(second.is_keyword("SELECT") || second.is_keyword("VALUES") || second.is_keyword("WITH"))
    {
        return None;
    }
    for (token, place) in tokens.iter().zip(places) {
        if place.depth > 0 {
            continue;
        }
        if token.is_sign(",") || token.is_keyword("JOIN") {
            return None;
        }
        if token.is_keyword("TABLESAMPLE") {
            break;
        }
        // The alias is the last name, and without one it is the relation's own.
        if token.sort == Sort::Name {
            name = Some(token.text);
        }
    }
    // This one may go without.
    name.or_else(|| tokens.first().filter(|first| first.is_keyword("XMLTABLE")).map(|_| "\"xmltable\""))
}

/// The names that a list of columns gives to what is not a column of that name.
fn computed<'a>(tokens: &[Token<'a>], places: &[Place]) -> Vec<&'a str> {
    let pairs = tokens.windows(2).zip(places);
    let named = pairs.filter(|(pair, place)| place.depth == 0 && pair[0].is_keyword("AS"));
    named.map(|(pair, _)| pair[1].text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(bare(text).as_deref(), Some(expected), "{text}");
    }

    fn check_same(text: &str) {
        check(text, text);
    }

    #[test]
    fn columns_of_the_one_relation_are_bare() {
        check(" SELECT t.a,\n    t.\"B\"\n   FROM t", " SELECT a,\n    \"B\"\n   FROM t");
        check("SELECT x.a FROM s.t x WHERE (x.b > 1)", "SELECT a FROM s.t x WHERE (b > 1)");
        check("SELECT x.a FROM ONLY t x(a, b) GROUP BY x.a", "SELECT a FROM ONLY t x(a, b) GROUP BY a");
        check("SELECT x.a FROM ( SELECT t.a FROM t) x", "SELECT a FROM ( SELECT t.a FROM t) x");
        check("SELECT g.g FROM generate_series(1, 3) g(g)", "SELECT g FROM generate_series(1, 3) g(g)");
        check("SELECT t.a FROM t TABLESAMPLE bernoulli (10)", "SELECT a FROM t TABLESAMPLE bernoulli (10)");
        check("WITH w AS (SELECT t.a FROM t) SELECT w.a FROM w", "WITH w AS (SELECT t.a FROM t) SELECT a FROM w");
        check("SELECT (t.a).b, t.c[1] FROM t", "SELECT (a).b, c[1] FROM t");
        check(
            "SELECT \"xmltable\".a FROM XMLTABLE(('/a'::text) PASSING x)",
            "SELECT a FROM XMLTABLE(('/a'::text) PASSING x)",
        );
        check("SELECT (t.a IS DISTINCT FROM t.b) AS c FROM t", "SELECT (a IS DISTINCT FROM b) AS c FROM t");
    }

    #[test]
    fn whatever_else_has_a_dot_stays() {
        check_same("SELECT t.a FROM (t JOIN u ON ((t.a = u.a)))");
        check_same("SELECT t.a FROM t, u");
        check_same("SELECT t.a FROM t UNION SELECT u.a FROM u");
        check_same("SELECT t.*::t AS t FROM t");
        check_same("SELECT 't.a'::text AS a, ( SELECT t.a FROM u) AS b FROM t");
        check_same("SELECT t.f(1) AS a, 'x'::t.b AS b, ('x'::text COLLATE t.c) AS c FROM t");
        check_same("SELECT 1 AS a FROM t.t WHERE (1 OPERATOR(t.=) 1)");
        check("SELECT t.f(t.a) AS a FROM t.t", "SELECT t.f(a) AS a FROM t.t");
        assert_eq!(bare("SELECT 'open"), None);
    }

    #[test]
    fn what_would_be_taken_for_a_result_keeps_its_relation() {
        check("SELECT t.b AS a, t.c FROM t ORDER BY t.a, t.c", "SELECT b AS a, c FROM t ORDER BY t.a, c");
        check("SELECT t.b AS a FROM t ORDER BY (lower(t.a))", "SELECT b AS a FROM t ORDER BY (lower(a))");
        check("SELECT t.b AS a FROM t GROUP BY t.a, t.b", "SELECT b AS a FROM t GROUP BY a, b");
        check(
            "SELECT DISTINCT ON (t.a) t.b AS a, t.a AS c FROM t ORDER BY t.a DESC",
            "SELECT DISTINCT ON (t.a) b AS a, a AS c FROM t ORDER BY t.a DESC",
        );
        check(
            "SELECT sum(t.a) OVER (PARTITION BY t.a ORDER BY t.b) AS a FROM t",
            "SELECT sum(a) OVER (PARTITION BY t.a ORDER BY b) AS a FROM t",
        );
    }
}
