//! Text search templates: the functions behind dictionaries.

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
    #[serde(skip_serializing_if = "is_default")]
    init: Option<String>,
    lexize: String,
}

pub(super) const DESCRIBED: Described = Described {
    kind: "text_search_template",
    class: 3764,
    catalogue: "pg_ts_template",
    name: "ARRAY[x.tmplname::text]",
    attributes,
};

fn attributes(_: &Server) -> String {
    format!("'init', {}, 'lexize', {}", function("x.tmplinit"), function("x.tmpllexize"))
}

pub(super) const KIND: Replaced = Replaced { name: "text_search_template", create, claims: claims_nothing };

fn create(object: &Object) -> Result<String, PlanError> {
    let Attributes { init, lexize } = attributes_of(object)?;
    let init = init.map_or_else(String::new, |init| format!("INIT = {init}, "));
    Ok(format!("CREATE TEXT SEARCH TEMPLATE {} ({init}LEXIZE = {lexize})", outer_name(&object.id)))
}
