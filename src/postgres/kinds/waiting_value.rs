//! The form in which a value waits while its table is made anew.

use schema_sync_store::{Object, ObjectId, SchemaSnapshot};

use super::super::quote::{identifier, last_part, outer_name};
use crate::kind::Sides;
use crate::plan::Check;

/// How a column's values wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As they are.
    Same,
    /// As text, as their type changes or goes meanwhile.
    Text,
    /// By the names of their attributes, as these change meanwhile: the text of a row says nothing of them.
    Named,
}

impl Form {
    /// That of a column's values on their way to a column of the other side.
    pub(super) fn of(before: &Object, after: &Object, sides: &Sides<'_>) -> Self {
        let is_array = |column: &Object| {
            let printed = column.attribute("type").and_then(serde_json::Value::as_str).unwrap_or_default();
            printed.ends_with("[]")
        };
        if !types(before).any(|need| changes(need, sides)) {
            return Self::Same;
        }
        let has_names = has_attributes(before, sides.from) && has_attributes(after, sides.to);
        if has_names && is_array(before) == is_array(after) { Self::Named } else { Self::Text }
    }

    /// The value as it is kept, given the column's quoted name.
    pub(super) fn kept(self, name: &str) -> String {
        match self {
            Self::Same => name.to_owned(),
            // Text has the collation of what it is made of, which may go meanwhile.
            Self::Text => format!("{name}::text COLLATE pg_catalog.\"C\" AS {name}"),
            Self::Named => format!("pg_catalog.json_build_object('value', {name}) AS {name}"),
        }
    }

    /// The kept value as one of a type, where it waits in another form.
    pub(super) fn value(self, name: &str, type_name: &str) -> Option<String> {
        match self {
            Self::Same => None,
            Self::Text => Some(format!("{name}::{type_name}")),
            Self::Named => {
                Some(format!("(SELECT value FROM pg_catalog.json_to_record({name}) AS kept (value {type_name}))"))
            }
        }
    }

    /// Asks for values that would come back as others: JSON's `null` within a row, and arrays that do not begin at 1.
    pub(super) fn check(self, table: &ObjectId, column: &Object) -> Option<Check> {
        if self != Self::Named {
            return None;
        }
        let (table, name) = (outer_name(table), identifier(last_part(&column.id)));
        let type_name = column.attribute("type").and_then(serde_json::Value::as_str)?;
        let back = format!(
            "(SELECT value FROM pg_catalog.json_to_record(pg_catalog.json_build_object('value', {name})) \
             AS kept (value {type_name}))"
        );
        Some(Check {
            violated_when: format!(
                "SELECT EXISTS (SELECT FROM ONLY {table} WHERE {back}::text IS DISTINCT FROM {name}::text)"
            ),
            message: format!(
                "{table} has values in {name} that would not come back as they are, as its type is made anew: a JSON null \
                 within a row, or an array that does not begin at 1; change them first"
            ),
        })
    }
}

/// What an object needs that may be a type.
fn types(object: &Object) -> impl Iterator<Item = &ObjectId> {
    object.needs.iter().filter(|need| !matches!(need.kind.as_str(), "table" | "column" | "schema"))
}

/// Whether a type changes or goes, or one that it is made of.
fn changes(id: &ObjectId, sides: &Sides<'_>) -> bool {
    let before = sides.from.get(id);
    before != sides.to.get(id)
        || before.is_some_and(|type_| types(type_).any(|need| is_type(need) && changes(need, sides)))
}

/// Only these are made of other types.
fn is_type(id: &ObjectId) -> bool {
    matches!(id.kind.as_str(), "composite_type" | "domain" | "enum" | "range_type")
}

/// Whether values have attributes, themselves or somewhere within.
fn has_attributes(holder: &Object, side: &SchemaSnapshot) -> bool {
    types(holder)
        .filter_map(|need| side.get(need))
        .any(|type_| type_.id.kind == "composite_type" || (type_.id.kind == "domain" && has_attributes(type_, side)))
}
