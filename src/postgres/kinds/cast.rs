//! Casts, where the tenant is a database: they belong to no schema.

use schema_sync_store::Object;
use serde::{Deserialize, Serialize};

use super::super::catalog::{Server, is_default};
use super::super::quote::last_part;
use super::described::Described;
use super::replaced::{Replaced, claims_nothing};
use crate::kind::attributes_of;
use crate::plan::PlanError;

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    /// With its arguments, as the server prints it.
    #[serde(skip_serializing_if = "is_default")]
    function: Option<String>,
    /// Through the types' text forms.
    #[serde(skip_serializing_if = "is_default")]
    inout: bool,
    /// `ASSIGNMENT` or `IMPLICIT`; absent where it must be written.
    #[serde(skip_serializing_if = "is_default")]
    context: Option<String>,
}

pub(super) const DESCRIBED: Described = Described {
    kind: "cast",
    class: 2605,
    // The cast of a range to its multirange comes and goes with the range.
    catalogue: "(SELECT * FROM pg_cast k WHERE NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 2605 \
        AND i.objid = k.oid AND i.deptype = 'i'))",
    name: "ARRAY['(' || format_type(x.castsource, NULL) || ' AS ' || format_type(x.casttarget, NULL) || ')']",
    attributes,
};

fn attributes(_: &Server) -> String {
    "'function', CASE WHEN x.castfunc <> 0 THEN x.castfunc::regprocedure::text END, \
     'inout', nullif(x.castmethod = 'i', false), \
     'context', CASE x.castcontext WHEN 'a' THEN 'ASSIGNMENT' WHEN 'i' THEN 'IMPLICIT' END"
        .to_owned()
}

pub(super) const KIND: Replaced = Replaced { name: "cast", create, claims: claims_nothing };

fn create(object: &Object) -> Result<String, PlanError> {
    let Attributes { function, inout, context } = attributes_of(object)?;
    let method = match (function, inout) {
        (Some(function), _) => format!("WITH FUNCTION {function}"),
        (None, true) => "WITH INOUT".to_owned(),
        (None, false) => "WITHOUT FUNCTION".to_owned(),
    };
    let context = context.map_or_else(String::new, |context| format!(" AS {context}"));
    Ok(format!("CREATE CAST {} {method}{context}", last_part(&object.id)))
}
