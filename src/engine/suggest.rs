//! What a mistyped name may have meant.

/// The name that is nearest to what was typed, where one is near enough. A name's last part may be typed alone.
pub(super) fn nearest(typed: &str, names: &[String]) -> Option<String> {
    let distance_max = typed.chars().count() / 3 + 1;
    let distance = |name: &&String| {
        let short = name.rsplit('/').next().unwrap_or(name);
        edits(typed, name).min(edits(typed, short))
    };
    let best = names.iter().min_by_key(distance)?;
    (distance(&best) <= distance_max).then(|| best.clone())
}

/// `; did you mean `x`?`, or nothing.
pub(super) fn did_you_mean(similar: Option<&str>) -> String {
    similar.map_or_else(String::new, |similar| format!("; did you mean `{similar}`?"))
}

/// How many characters must be put in, taken out or changed (Levenshtein).
fn edits(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, from) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, to) in right.iter().enumerate() {
            let changed = diagonal + usize::from(from != *to);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_and_strangers_are_not() {
        let names = ["eu/acme", "eu/globex", "us/initech"].map(str::to_owned);
        for (typed, expected) in [
            ("acne", Some("eu/acme")),
            ("eu/globx", Some("eu/globex")),
            ("inittech", Some("us/initech")),
            ("zzz", None),
        ] {
            assert_eq!(nearest(typed, &names).as_deref(), expected, "{typed}");
        }
    }
}
