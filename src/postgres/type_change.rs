//! What changing a column's type means for its values, told from the types as the server prints them.

mod value;

/// What happens to the values.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Conversion {
    /// Every value stays what it is.
    Lossless {
        /// Whether every row is written again.
        rewrites: bool,
    },
    /// Values may be cut, rounded, or refused.
    Narrowing {
        /// The value to assign, where no cast happens by itself; `{}` stands for the old one. It is cast without a
        /// modifier: an explicit cast to `character varying(3)` would cut in silence, while assigning afterwards
        /// refuses what does not fit.
        using: Option<String>,
    },
}

/// A type as printed, in parts: `timestamp(3) with time zone` is `timestamp with time zone` with `[3]`.
struct Parsed {
    base: String,
    modifiers: Vec<u32>,
    is_array: bool,
}

fn parse(printed: &str) -> Parsed {
    let is_array = printed.ends_with("[]");
    let text = printed.trim_end_matches("[]");
    let quoted = text.contains('"');
    match (text.find('('), text.rfind(')')) {
        (Some(open), Some(close)) if !quoted && open < close => {
            let modifiers: Result<Vec<u32>, _> =
                text[open + 1..close].split(',').map(|part| part.trim().parse()).collect();
            let base = format!("{}{}", &text[..open], &text[close + 1..]);
            Parsed { base, modifiers: modifiers.unwrap_or_default(), is_array }
        }
        _ => Parsed { base: text.to_owned(), modifiers: Vec::new(), is_array },
    }
}

const TEXTS: [&str; 3] = ["text", "character varying", "character"];
const INTEGERS: [&str; 3] = ["smallint", "integer", "bigint"];
const NUMBERS: [&str; 6] = ["smallint", "integer", "bigint", "numeric", "real", "double precision"];
const BITS: [&str; 2] = ["bit", "bit varying"];
const TIMES: [&str; 3] = ["date", "timestamp without time zone", "timestamp with time zone"];

/// Types whose values an index compares with one another as those of one type.
const ALIKE: [&[&str]; 2] = [&INTEGERS, &["text", "character varying"]];
/// Types whose values an index can compare with one another beyond that.
const COMPARABLE: [&[&str]; 2] = [&TIMES, &["real", "double precision"]];

/// Whether an index can compare values of these types with one another, as a foreign key needs it.
pub(super) fn are_comparable(one: &str, other: &str) -> bool {
    compares_alike(one, other) || share_family(&parse(one), &parse(other), &COMPARABLE)
}

/// Whether values of both types can refer to each other.
pub(super) fn compares_alike(one: &str, other: &str) -> bool {
    let (one, other) = (parse(one), parse(other));
    (one.is_array == other.is_array && one.base == other.base) || share_family(&one, &other, &ALIKE)
}

fn share_family(one: &Parsed, other: &Parsed, families: &[&[&str]]) -> bool {
    let has_both = |family: &&[&str]| [one, other].iter().all(|parsed| family.contains(&parsed.base.as_str()));
    one.is_array == other.is_array && families.iter().any(has_both)
}

/// What changing one type to another means.
pub(super) fn conversion(from: &str, to: &str) -> Conversion {
    let (old, new) = (parse(from), parse(to));
    if from == to || (old.is_array == new.is_array && is_lossless(&old, &new)) {
        return Conversion::Lossless { rewrites: from != to && !is_binary_compatible(&old, &new) };
    }
    let both_in = |family: &[&str]| family.contains(&old.base.as_str()) && family.contains(&new.base.as_str());
    let casts_itself = old.is_array == new.is_array
        && (old.base == new.base
            || is_interval(&old) && is_interval(&new)
            || both_in(&NUMBERS)
            || both_in(&TIMES)
            || both_in(&TEXTS)
            || both_in(&BITS));
    let is_to_text = !new.is_array && TEXTS.contains(&new.base.as_str());
    let using = if casts_itself || is_to_text { None } else { Some(value::using(&old, &new)) };
    Conversion::Narrowing { using }
}

impl Conversion {
    /// The value to assign, where it is not the old one as it is.
    pub(super) fn value_of(&self, old: &str) -> Option<String> {
        match self {
            Self::Narrowing { using: Some(using) } => Some(using.replace("{}", old)),
            Self::Narrowing { using: None } | Self::Lossless { .. } => None,
        }
    }
}

/// Its fields are printed with the name: `interval day to second`.
fn is_interval(parsed: &Parsed) -> bool {
    parsed.base == "interval" || parsed.base.starts_with("interval ")
}

fn is_lossless(old: &Parsed, new: &Parsed) -> bool {
    let limit = |parsed: &Parsed| parsed.modifiers.first().copied();
    let is_wider = || match (limit(old), limit(new)) {
        (_, None) => true,
        (Some(old), Some(new)) => new >= old,
        (None, Some(_)) => false,
    };
    let place = |list: &[&str], name: &str| list.iter().position(|item| *item == name);
    if let (Some(old_place), Some(new_place)) = (place(&INTEGERS, &old.base), place(&INTEGERS, &new.base)) {
        return new_place >= old_place;
    }
    match (old.base.as_str(), new.base.as_str()) {
        ("character varying" | "text", "text") => true,
        ("character varying", "character varying") => is_wider(),
        ("text", "character varying") => new.modifiers.is_empty(),
        ("character", "character") => !old.modifiers.is_empty() && is_wider(),
        ("bit varying", "bit varying") => is_wider(),
        ("numeric", "numeric") => is_wider_numeric(&old.modifiers, &new.modifiers),
        ("smallint" | "integer" | "bigint", "numeric") => new.modifiers.is_empty(),
        ("real", "double precision") | ("smallint", "real") | ("smallint" | "integer", "double precision") => true,
        (left, right) if left == right => left != "character" && left != "bit" && is_wider(),
        _ => false,
    }
}

/// Neither places before the point nor behind it get fewer.
fn is_wider_numeric(old: &[u32], new: &[u32]) -> bool {
    let parts = |modifiers: &[u32]| match modifiers {
        [precision, scale, ..] => Some((*precision, *scale)),
        [precision] => Some((*precision, 0)),
        [] => None,
    };
    match (parts(old), parts(new)) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some((old_precision, old_scale)), Some((precision, scale))) => {
            scale >= old_scale && precision.saturating_sub(scale) >= old_precision.saturating_sub(old_scale)
        }
    }
}

/// Whether the stored bytes stay as they are, so that no row is written again.
fn is_binary_compatible(old: &Parsed, new: &Parsed) -> bool {
    let texts = ["text", "character varying"];
    if old.is_array {
        return false;
    }
    match (old.base.as_str(), new.base.as_str()) {
        (left, right) if texts.contains(&left) && texts.contains(&right) => true,
        ("numeric", "numeric") => old.modifiers.get(1) == new.modifiers.get(1) || new.modifiers.is_empty(),
        ("bit varying", "bit varying") => true,
        (left, right) => left == right && left != "character",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(from: &str, to: &str, expected: &Conversion) {
        assert_eq!(&conversion(from, to), expected, "{from} to {to}");
    }

    #[test]
    fn widening_loses_nothing() {
        let kept = Conversion::Lossless { rewrites: false };
        let rewritten = Conversion::Lossless { rewrites: true };
        check("smallint", "integer", &rewritten);
        check("integer", "bigint", &rewritten);
        check("character varying(20)", "character varying(40)", &kept);
        check("character varying(20)", "character varying", &kept);
        check("character varying(20)", "text", &kept);
        check("numeric(5,2)", "numeric(7,2)", &kept);
        check("numeric(5,2)", "numeric(8,4)", &rewritten);
        check("integer", "numeric", &rewritten);
        check("real", "double precision", &rewritten);
        check("timestamp(3) with time zone", "timestamp with time zone", &kept);
        check("integer[]", "bigint[]", &rewritten);
    }

    #[test]
    fn narrowing_is_called_so() {
        let by_itself = Conversion::Narrowing { using: None };
        let through = |using: &str| Conversion::Narrowing { using: Some(using.to_owned()) };
        check("bigint", "integer", &by_itself);
        check("text", "character varying(3)", &by_itself);
        check("character varying(20)", "character varying(10)", &by_itself);
        check("numeric(7,2)", "numeric(5,2)", &by_itself);
        check("numeric(7,4)", "numeric(7,2)", &by_itself);
        check("integer", "numeric(3,1)", &by_itself);
        check("timestamp with time zone", "date", &by_itself);
        check("integer", "text", &by_itself);
        check("text", "integer", &through("{}::integer"));
        check("text", "numeric(5,2)", &through("{}::numeric"));
        check("mood", "\"Other\"", &through("{}::text::\"Other\""));
        check("text", "text[]", &through("CASE WHEN {} IS DISTINCT FROM NULL THEN ARRAY[{}] END"));
        check("text", "integer[]", &through("{}::integer[]"));
        check("integer[]", "integer", &through("({})[array_lower({}, 1)]"));
        check("uuid[]", "bytea[]", &through("{}::text[]::bytea[]"));
        check("boolean", "bigint", &through("{}::integer::bigint"));
        check("numeric(5,2)", "boolean", &through("{}::integer::boolean"));
        check("money", "integer", &through("{}::numeric::integer"));
        check("character(9)", "mood", &through("{}::text::mood"));
        check("text[]", "jsonb", &through("to_jsonb({})"));
        check(
            "int4multirange",
            "int4range",
            &through("CASE WHEN isempty({}) THEN 'empty' ELSE btrim({}::text, '}{') END::int4range"),
        );
        check("int4range", "int4multirange", &through("{}::int4multirange"));
        check("text[]", "character(3)[]", &by_itself);
        check("integer[]", "character(3)[]", &through("{}::text[]::bpchar[]"));
        check("bit varying", "bit(3)", &by_itself);
        let bits = "({}::bigint)::bit(3)";
        let number = format!("CASE WHEN ({bits})::bigint = {{}}::bigint THEN {bits} ELSE ({{}}::bigint)::bit(64) END");
        check("integer", "bit(3)", &through(&number));
    }
}
