//! Attributes for people: names without underscores, values without JSON's quotes. Knows no kind.

use schema_sync::store::Object;
use serde_json::Value;

/// Characters from which on a value gets lines of its own.
const INLINE_CHARACTERS_MAX: usize = 80;

/// An attribute's name: `not_null` is `not null`.
pub(super) fn name(attribute: &str) -> String {
    attribute.replace('_', " ")
}

/// A value in one line.
pub(super) fn inline(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let member = |(key, value): (&String, &Value)| format!("{} {}", name(key), inline(value));
            format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// Whether a value reads better on lines of its own.
pub(super) fn is_block(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains('\n') || text.chars().count() > INLINE_CHARACTERS_MAX)
}

/// An object's attributes behind its name: ` (type integer, not null)`; those that are blocks are left to the caller.
pub(super) fn attributes(object: &Object) -> String {
    let shown = object.attributes.iter().filter(|(_, value)| !is_block(value));
    let texts: Vec<String> = shown
        .map(|(attribute, value)| match value {
            Value::Bool(true) => name(attribute),
            value => format!("{} {}", name(attribute), inline(value)),
        })
        .collect();
    if texts.is_empty() { String::new() } else { format!(" ({})", texts.join(", ")) }
}
