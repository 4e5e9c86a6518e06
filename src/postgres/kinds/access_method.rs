//! Access methods that no extension brought, where the tenant is a database.

use schema_sync_store::Object;
use serde::{Deserialize, Serialize};

use super::super::catalog::Server;
use super::super::quote::outer_name;
use super::described::{Described, function};
use super::replaced::{Replaced, claims_nothing};
use crate::kind::attributes_of;
use crate::plan::PlanError;

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    /// `INDEX` or `TABLE`.
    #[serde(rename = "type")]
    type_name: String,
    handler: String,
}

pub(super) const DESCRIBED: Described =
    Described { kind: "access_method", class: 2601, catalogue: "pg_am", name: "ARRAY[x.amname::text]", attributes };

fn attributes(_: &Server) -> String {
    let handler = function("x.amhandler");
    format!("'type', CASE x.amtype WHEN 'i' THEN 'INDEX' ELSE 'TABLE' END, 'handler', {handler}")
}

pub(super) const KIND: Replaced = Replaced { name: "access_method", create, claims: claims_nothing };

fn create(object: &Object) -> Result<String, PlanError> {
    let Attributes { type_name, handler } = attributes_of(object)?;
    Ok(format!("CREATE ACCESS METHOD {} TYPE {type_name} HANDLER {handler}", outer_name(&object.id)))
}
