//! JSON in the form of RFC 8785, for values that have an exact one here: whole numbers up to 2^53 and no others.
//! Knows neither snapshots nor logs.

use std::cmp::Ordering;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// Every whole number up to here is a double exactly, and is printed with all its digits.
const INTEGER_MAX: u64 = 1 << 53;

/// Arrays and objects within one another at most, well below the depth at which `serde_json` refuses to read.
const NESTING_MAX: usize = 64;

/// Why a value has no exact canonical form, where it has none.
pub(crate) fn unfit(value: &Value) -> Option<&'static str> {
    if nests_within(value, NESTING_MAX) { unfit_number(value) } else { Some("is nested more than 64 levels deep") }
}

fn nests_within(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(items) => levels > 0 && items.iter().all(|item| nests_within(item, levels - 1)),
        Value::Object(map) => levels > 0 && map.values().all(|item| nests_within(item, levels - 1)),
        _ => true,
    }
}

fn unfit_number(value: &Value) -> Option<&'static str> {
    match value {
        Value::Number(number) => {
            let magnitude = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
            let fits = magnitude.is_some_and(|magnitude| magnitude <= INTEGER_MAX);
            (!fits).then_some("is a number that a double does not hold exactly; it must travel as a string")
        }
        Value::Array(items) => items.iter().find_map(unfit_number),
        Value::Object(map) => map.values().find_map(unfit_number),
        Value::Null | Value::Bool(_) | Value::String(_) => None,
    }
}

/// Appends what serialises by plain derives; writing that to memory cannot fail.
pub(crate) fn write(value: &impl Serialize, bytes: &mut Vec<u8>) {
    #[expect(clippy::expect_used, reason = "a Vec takes every byte, and every map here has text for keys")]
    serde_json::to_writer(bytes, value).expect("JSON is written to memory");
}

/// A value that is written with its keys sorted as RFC 8785 has it.
///
/// `serde_json` keeps keys in whatever order they came once any crate of the program turns its `preserve_order` on;
/// hashes must not depend on that.
pub(crate) struct Sorted<'a>(pub(crate) &'a Value);

impl Serialize for Sorted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Array(items) => serializer.collect_seq(items.iter().map(Sorted)),
            Value::Object(map) => serializer.collect_map(sorted_members(map)),
            plain => plain.serialize(serializer),
        }
    }
}

fn sorted_members(map: &Map<String, Value>) -> impl Iterator<Item = (&str, Sorted<'_>)> {
    let mut members: Vec<(&str, Sorted<'_>)> = map.iter().map(|(key, value)| (key.as_str(), Sorted(value))).collect();
    members.sort_by(|(left, _), (right, _)| compare_keys(left, right));
    members.into_iter()
}

/// By UTF-16 code units, which is the order of bytes as long as both are ASCII.
fn compare_keys(left: &str, right: &str) -> Ordering {
    if left.is_ascii() && right.is_ascii() { left.cmp(right) } else { left.encode_utf16().cmp(right.encode_utf16()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_are_sorted_by_utf16_at_every_level() {
        let value = json!({ "\u{ffff}": 1, "😀": [{ "b": 1, "a": 2, "": 3 }], "ä": { "z": null, "y": {} }, "a\n": "\u{7f}\u{1}" });
        let mut bytes = Vec::new();
        write(&Sorted(&value), &mut bytes);
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(text, serde_json_canonicalizer::to_string(&value).unwrap());
        assert!(
            text.find("😀") < text.find('\u{ffff}'),
            "surrogates sort before the last characters of the basic plane"
        );
    }
}
