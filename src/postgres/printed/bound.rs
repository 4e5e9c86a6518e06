//! Bounds of partitions, as conditions that their rows meet (PostgreSQL manual, CREATE TABLE, PARTITION OF).

use super::token::{Sort, Token, depth_after, tokens};

/// The condition that rows of a bound meet, where the table above, told as SQL, is partitioned in this way: `FOR VALUES
/// IN ('a')` of `LIST (kind)` is `kind IN ('a')`. `None` for the default partition, and where a key says how it is compared.
pub(in super::super) fn condition(table: &str, strategy: &str, bound: &str) -> Option<String> {
    let (way, keys) = strategy.split_once(' ')?;
    let keys = lists(keys)?.pop()?;
    if keys.iter().any(|key| has_gap(key)) {
        return None;
    }
    match way {
        "LIST" => listed(keys.first()?, &lists(bound.strip_prefix("FOR VALUES IN ")?)?.pop()?),
        "RANGE" => {
            let limits = lists(bound.strip_prefix("FOR VALUES FROM ")?)?;
            let [from, to] = limits.as_slice() else { return None };
            let sides = [limit(&keys, from, [">=", ">", ">="])?, limit(&keys, to, ["<", "<=", "<"])?];
            let all_there: Vec<String> = keys.iter().map(|key| format!("{key} IS NOT NULL")).collect();
            let sides: Vec<String> = sides.into_iter().flatten().collect();
            // One that is compared is there; the last of several may not have been.
            let is_certain = keys.len() == 1 && !sides.is_empty();
            Some(if is_certain { sides } else { [sides, all_there].concat() }.join(" AND "))
        }
        "HASH" => {
            let parts = lists(bound.strip_prefix("FOR VALUES WITH ")?)?.pop()?;
            let [modulus, remainder] = parts.as_slice() else { return None };
            let (modulus, remainder) = (modulus.strip_prefix("modulus ")?, remainder.strip_prefix("remainder ")?);
            let (keys, function) = (keys.join(", "), "pg_catalog.satisfies_hash_partition");
            Some(format!("{function}({table}, {modulus}, {remainder}, {keys})"))
        }
        _ => None,
    }
}

fn listed(key: &str, values: &[&str]) -> Option<String> {
    let (nulls, others): (Vec<&str>, Vec<&str>) = values.iter().partition(|value| **value == "NULL");
    let is_one = (!others.is_empty()).then(|| format!("{key} IN ({})", others.join(", ")));
    let is_null = (!nulls.is_empty()).then(|| format!("{key} IS NULL"));
    let parts: Vec<String> = is_one.into_iter().chain(is_null).collect();
    (!parts.is_empty()).then(|| parts.join(" OR "))
}

/// One side of a range: how keys stand to it where it is a value throughout, and where the first that is none is
/// `MAXVALUE` or `MINVALUE`. Without a condition where already the first is none.
fn limit(keys: &[&str], values: &[&str], [whole, most, least]: [&str; 3]) -> Option<Option<String>> {
    if values.len() != keys.len() {
        return None;
    }
    let endless = values.iter().position(|value| matches!(*value, "MINVALUE" | "MAXVALUE"));
    let operator = match endless.map(|place| values[place]) {
        None => whole,
        Some("MAXVALUE") => most,
        Some(_) => least,
    };
    let count = endless.unwrap_or(values.len());
    let side = |parts: &[&str]| if count == 1 { parts[0].to_owned() } else { format!("({})", parts.join(", ")) };
    Some((count > 0).then(|| format!("{} {operator} {}", side(&keys[..count]), side(&values[..count]))))
}

/// What stands in each pair of outer brackets, parted by commas.
fn lists(text: &str) -> Option<Vec<Vec<&str>>> {
    let (mut lists, mut depth, mut start) = (Vec::new(), 0, 0);
    for token in tokens(text)? {
        let before = depth;
        depth = depth_after(depth, &token);
        let is_end = (before, depth) == (1, 0);
        if (before, depth) == (0, 1) {
            lists.push(Vec::new());
            start = token.end();
        } else if is_end || (before == 1 && token.is_sign(",")) {
            lists.last_mut()?.push(text[start..token.start].trim());
            start = token.end();
        }
    }
    (depth == 0 && !lists.is_empty()).then_some(lists)
}

/// Whether a key of a partitioned table is followed by a collation or an operator class.
fn has_gap(key: &str) -> bool {
    let Some(tokens) = tokens(key) else { return true };
    let mut depth = 0;
    let mut last: Option<Token<'_>> = None;
    tokens.into_iter().any(|token| {
        let is_outer = depth == 0 && last.is_some_and(|last| last.end() < token.start);
        depth = depth_after(depth, &token);
        last = Some(token);
        is_outer && matches!(token.sort, Sort::Name | Sort::Keyword)
    })
}

#[cfg(test)]
mod tests {
    use super::condition;

    #[test]
    fn lists_with_and_without_nulls() {
        let of = |bound| condition("'t'::regclass", "LIST (kind)", bound);
        assert_eq!(of("FOR VALUES IN ('a', 'b, (c')").as_deref(), Some("kind IN ('a', 'b, (c')"));
        assert_eq!(of("FOR VALUES IN ('a', NULL)").as_deref(), Some("kind IN ('a') OR kind IS NULL"));
        assert_eq!(of("FOR VALUES IN (NULL)").as_deref(), Some("kind IS NULL"));
        assert_eq!(of("DEFAULT"), None);
        assert_eq!(
            condition("'t'::regclass", "LIST (lower(\"a b\"))", "FOR VALUES IN ('x')").as_deref(),
            Some("lower(\"a b\") IN ('x')")
        );
    }

    #[test]
    fn ranges_of_one_key() {
        let of = |bound| condition("'t'::regclass", "RANGE (at)", bound);
        assert_eq!(of("FOR VALUES FROM (1) TO (5)").as_deref(), Some("at >= 1 AND at < 5"));
        assert_eq!(of("FOR VALUES FROM (MINVALUE) TO ('-5')").as_deref(), Some("at < '-5'"));
        assert_eq!(of("FOR VALUES FROM (1) TO (MAXVALUE)").as_deref(), Some("at >= 1"));
        assert_eq!(of("FOR VALUES FROM (MINVALUE) TO (MAXVALUE)").as_deref(), Some("at IS NOT NULL"));
    }

    #[test]
    fn ranges_of_several_keys() {
        let of = |bound| condition("'t'::regclass", "RANGE (a, ((b % 10)))", bound);
        let there = "a IS NOT NULL AND ((b % 10)) IS NOT NULL";
        let check = |bound, limits| assert_eq!(of(bound), Some(format!("{limits} AND {there}")));
        check("FOR VALUES FROM (1, 2) TO (3, 4)", "(a, ((b % 10))) >= (1, 2) AND (a, ((b % 10))) < (3, 4)");
        check("FOR VALUES FROM (1, MINVALUE) TO (1, MAXVALUE)", "a >= 1 AND a <= 1");
        check("FOR VALUES FROM (1, MAXVALUE) TO (3, MINVALUE)", "a > 1 AND a < 3");
    }

    #[test]
    fn keys_that_are_compared_otherwise_are_left_alone() {
        let bound = "FOR VALUES IN ('a')";
        assert_eq!(condition("'t'::regclass", "LIST (kind COLLATE \"C\")", bound), None);
        assert_eq!(condition("'t'::regclass", "LIST (kind text_pattern_ops)", bound), None);
        assert_eq!(condition("'t'::regclass", "HASH (kind text_pattern_ops)", bound), None);
    }

    #[test]
    fn the_server_says_what_a_hash_belongs_to() {
        let condition = condition("'t'::regclass", "HASH (a, b)", "FOR VALUES WITH (modulus 4, remainder 1)");
        assert_eq!(condition.as_deref(), Some("pg_catalog.satisfies_hash_partition('t'::regclass, 4, 1, a, b)"));
    }
}
