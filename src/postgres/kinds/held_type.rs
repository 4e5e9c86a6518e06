//! What the values of a column are under the domains that its type is of, which casts look through.

use schema_sync_store::{Object, SchemaSnapshot};

use super::super::quote::outer_name;
use super::super::type_change::{self, Conversion};
use super::domain;
use crate::kind::Sides;

/// What a change of a column's type means for its values.
pub(super) fn conversion(before: &Object, after: &Object, sides: &Sides<'_>) -> Conversion {
    let (old, new) = (type_of(before), type_of(after));
    // A domain that is made anew takes its columns along before they leave it.
    let old =
        domain_of(before, sides.to).map_or_else(|| under(before, old, sides.from), |_| under(before, old, sides.to));
    let held = under(after, new, sides.to);
    match type_change::conversion(&old, &held) {
        Conversion::Lossless { .. } if is_checked(after, sides.to) => Conversion::Narrowing { using: None },
        conversion => conversion,
    }
}

fn type_of(holder: &Object) -> &str {
    holder.attribute("type").and_then(serde_json::Value::as_str).unwrap_or_default()
}

/// The domain that a column's type is, or the elements of its array, or that a domain is over.
fn domain_of<'a>(holder: &Object, side: &'a SchemaSnapshot) -> Option<&'a Object> {
    let name = type_of(holder).trim_end_matches("[]");
    let mut domains = holder.needs.iter().filter(|need| need.kind == "domain" && outer_name(need) == name);
    domains.find_map(|need| side.get(need))
}

/// A type without domains. There are no arrays of arrays, so that one of a domain of arrays stays what it is.
fn under(holder: &Object, name: &str, side: &SchemaSnapshot) -> String {
    let Some(domain) = domain_of(holder, side) else { return name.to_owned() };
    let base = under(domain, type_of(domain), side);
    match (name.ends_with("[]"), base.ends_with("[]")) {
        (true, true) => name.to_owned(),
        (true, false) => format!("{base}[]"),
        (false, _) => base,
    }
}

/// Whether some values of the type under them are none of the domains.
fn is_checked(holder: &Object, side: &SchemaSnapshot) -> bool {
    domain_of(holder, side).is_some_and(|found| domain::has_conditions(found) || is_checked(found, side))
}
