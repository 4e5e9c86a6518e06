//! Procedural languages that no extension brought, where the tenant is a database.

use schema_sync_store::Object;
use serde::{Deserialize, Serialize};

use super::super::catalog::{Server, is_default};
use super::super::quote::outer_name;
use super::described::{Described, function};
use super::replaced::{Replaced, claims_nothing};
use crate::kind::attributes_of;
use crate::plan::PlanError;

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    handler: String,
    #[serde(skip_serializing_if = "is_default")]
    trusted: bool,
    #[serde(skip_serializing_if = "is_default")]
    inline: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    validator: Option<String>,
}

pub(super) const DESCRIBED: Described =
    Described { kind: "language", class: 2612, catalogue: "pg_language", name: "ARRAY[x.lanname::text]", attributes };

fn attributes(_: &Server) -> String {
    format!(
        "'handler', {}, 'trusted', nullif(x.lanpltrusted, false), 'inline', {}, 'validator', {}",
        function("x.lanplcallfoid"),
        function("x.laninline"),
        function("x.lanvalidator")
    )
}

pub(super) const KIND: Replaced = Replaced { name: "language", create, claims: claims_nothing };

fn create(object: &Object) -> Result<String, PlanError> {
    let Attributes { handler, trusted, inline, validator } = attributes_of(object)?;
    let trusted = if trusted { "TRUSTED " } else { "" };
    let with =
        |word: &str, function: Option<String>| function.map_or_else(String::new, |name| format!(" {word} {name}"));
    let (inline, validator) = (with("INLINE", inline), with("VALIDATOR", validator));
    Ok(format!("CREATE {trusted}LANGUAGE {} HANDLER {handler}{inline}{validator}", outer_name(&object.id)))
}
