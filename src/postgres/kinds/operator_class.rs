//! Operator classes.

use schema_sync_store::Object;
use serde::{Deserialize, Serialize};

use super::super::catalog::{Server, is_default};
use super::super::quote::{identifier, last_part, outer_name};
use super::described::{Described, name_of};
use super::operator_family::{Member, members};
use super::replaced::Replaced;
use crate::kind::attributes_of;
use crate::plan::PlanError;

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    #[serde(rename = "type")]
    type_name: String,
    #[serde(skip_serializing_if = "is_default")]
    default: bool,
    family: String,
    #[serde(skip_serializing_if = "is_default")]
    storage: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    members: Vec<Member>,
}

pub(super) const DESCRIBED: Described = Described {
    kind: "operator_class",
    class: 2616,
    catalogue: "pg_opclass",
    name: "ARRAY[x.opcname::text, (SELECT a.amname::text FROM pg_am a WHERE a.oid = x.opcmethod)]",
    attributes,
};

fn attributes(_: &Server) -> String {
    format!(
        "'type', format_type(x.opcintype, NULL), 'default', nullif(x.opcdefault, false), 'family', {}, \
         'storage', CASE WHEN x.opckeytype <> 0 THEN format_type(x.opckeytype, NULL) END, {}",
        name_of("pg_opfamily", "opf", "opfamily", "x.opcfamily"),
        members(2616)
    )
}

pub(super) const KIND: Replaced = Replaced { name: "operator_class", create, claims };

fn create(object: &Object) -> Result<String, PlanError> {
    let attributes: Attributes = attributes_of(object)?;
    let (name, method) = (outer_name(&object.id), identifier(last_part(&object.id)));
    let default = if attributes.default { "DEFAULT " } else { "" };
    let Attributes { type_name, family, .. } = &attributes;
    let storage = attributes.storage.as_ref().map(|storage| format!("STORAGE {storage}"));
    let mut clauses: Vec<String> = storage.into_iter().collect();
    clauses.extend(attributes.members.iter().map(Member::definition));
    if clauses.is_empty() {
        // The list may not be empty; that the class stores its own type says nothing new.
        clauses.push(format!("STORAGE {type_name}"));
    }
    Ok(format!(
        "CREATE OPERATOR CLASS {name} {default}FOR TYPE {type_name} USING {method} FAMILY {family} AS\n    {}",
        clauses.join(",\n    ")
    ))
}

/// A type has one default class of an access method.
fn claims(object: &Object) -> Vec<String> {
    let Ok(Attributes { type_name, default: true, .. }) = attributes_of(object) else { return Vec::new() };
    vec![format!("default operator class of {type_name} using {}", last_part(&object.id))]
}
