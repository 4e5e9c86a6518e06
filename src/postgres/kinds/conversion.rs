//! Conversions between encodings.

use schema_sync_store::Object;
use serde::{Deserialize, Serialize};

use super::super::catalog::{Server, is_default};
use super::super::quote::{literal, outer_name};
use super::described::{Described, function};
use super::replaced::Replaced;
use crate::kind::attributes_of;
use crate::plan::PlanError;

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    from: String,
    to: String,
    function: String,
    #[serde(skip_serializing_if = "is_default")]
    default: bool,
}

pub(super) const DESCRIBED: Described = Described {
    kind: "conversion",
    class: 2607,
    catalogue: "pg_conversion",
    name: "ARRAY[x.conname::text]",
    attributes,
};

fn attributes(_: &Server) -> String {
    format!(
        "'from', pg_encoding_to_char(x.conforencoding), 'to', pg_encoding_to_char(x.contoencoding), 'function', {}, \
         'default', nullif(x.condefault, false)",
        function("x.conproc")
    )
}

pub(super) const KIND: Replaced = Replaced { name: "conversion", create, claims };

fn create(object: &Object) -> Result<String, PlanError> {
    let Attributes { from, to, function, default } = attributes_of(object)?;
    let default = if default { "DEFAULT " } else { "" };
    let (name, from, to) = (outer_name(&object.id), literal(&from), literal(&to));
    Ok(format!("CREATE {default}CONVERSION {name} FOR {from} TO {to} FROM {function}"))
}

/// A schema has one default conversion between two encodings.
fn claims(object: &Object) -> Vec<String> {
    let Ok(Attributes { from, to, default: true, .. }) = attributes_of(object) else { return Vec::new() };
    vec![format!("default conversion from {from} to {to} in {:?}", object.id.schema)]
}
