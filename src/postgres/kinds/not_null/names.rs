//! Names of the server's choice that others have: what is called as a constraint of the schema would be makes the server
//! choose another name.

use schema_sync_store::{Object, ObjectId, SchemaSnapshot};

use super::super::super::quote::{identifier, last_part};
use super::{ATTRIBUTE, own_name};

/// The name that a column tells of its constraint, as the server would not have chosen it.
fn told(column: &Object) -> Option<&str> {
    column.attribute(ATTRIBUTE)?.get("name")?.as_str()
}

/// The definition of a column of a new table, with the constraint's name where another of the `from` side has it: the
/// server would choose a third.
pub(in super::super) fn with_taken_name(definition: String, column: &ObjectId, from: &SchemaSnapshot) -> String {
    let Some(head) = definition.strip_suffix(" NOT NULL") else { return definition };
    let name = own_name(column);
    let is_taken = from.of_kind("column").any(|other| told(other) == Some(name.as_str()));
    if is_taken { format!("{head} CONSTRAINT {} NOT NULL", identifier(&name)) } else { definition }
}

/// The tables of which a column would get the name, of the server's choice, that a constraint of this one is told to have:
/// where it is taken in the schema, the server chooses another, so they come first.
pub(in super::super) fn namesakes(table: &ObjectId, side: &SchemaSnapshot) -> Vec<ObjectId> {
    let names: Vec<&str> = side.parts("column", table).filter_map(told).collect();
    let would_have = |other: &ObjectId, name: &str| {
        let column = name.strip_prefix(last_part(other)).and_then(|rest| rest.strip_prefix('_'));
        let column = column.and_then(|rest| rest.strip_suffix("_not_null"));
        column.is_some_and(|column| side.get(&other.sibling("column", [last_part(other), column])).is_some())
    };
    if names.is_empty() {
        return Vec::new();
    }
    let others = side.of_kind("table").map(|other| &other.id).filter(|other| *other != table);
    others.filter(|other| names.iter().any(|name| would_have(other, name))).cloned().collect()
}
