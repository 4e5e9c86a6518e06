//! Transforms, where the tenant is a database: how a language sees a type's values.

use schema_sync_store::Object;
use serde::{Deserialize, Serialize};

use super::super::catalog::{Server, is_default};
use super::described::Described;
use super::replaced::{Replaced, claims_nothing, target};
use crate::kind::attributes_of;
use crate::plan::PlanError;

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    /// With their arguments, as the server prints them.
    #[serde(skip_serializing_if = "is_default")]
    from_sql: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    to_sql: Option<String>,
}

pub(super) const DESCRIBED: Described = Described {
    kind: "transform",
    class: 3576,
    catalogue: "pg_transform",
    name: "ARRAY[format_type(x.trftype, NULL), (SELECT l.lanname::text FROM pg_language l WHERE l.oid = x.trflang)]",
    attributes,
};

fn attributes(_: &Server) -> String {
    "'from_sql', CASE WHEN x.trffromsql <> 0 THEN x.trffromsql::regprocedure::text END, \
     'to_sql', CASE WHEN x.trftosql <> 0 THEN x.trftosql::regprocedure::text END"
        .to_owned()
}

pub(super) const KIND: Replaced = Replaced { name: "transform", create, claims: claims_nothing };

fn create(object: &Object) -> Result<String, PlanError> {
    let Attributes { from_sql, to_sql } = attributes_of(object)?;
    let with =
        |words: &str, function: Option<String>| function.map(|function| format!("{words} WITH FUNCTION {function}"));
    let parts: Vec<String> = with("FROM SQL", from_sql).into_iter().chain(with("TO SQL", to_sql)).collect();
    Ok(format!("CREATE {} ({})", target(&object.id), parts.join(", ")))
}
