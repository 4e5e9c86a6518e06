//! Text search parsers: functions that cut text into tokens.

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
    start: String,
    next_token: String,
    end: String,
    #[serde(skip_serializing_if = "is_default")]
    headline: Option<String>,
    token_types: String,
}

pub(super) const DESCRIBED: Described = Described {
    kind: "text_search_parser",
    class: 3601,
    catalogue: "pg_ts_parser",
    name: "ARRAY[x.prsname::text]",
    attributes,
};

fn attributes(_: &Server) -> String {
    format!(
        "'start', {}, 'next_token', {}, 'end', {}, 'headline', {}, 'token_types', {}",
        function("x.prsstart"),
        function("x.prstoken"),
        function("x.prsend"),
        function("x.prsheadline"),
        function("x.prslextype"),
    )
}

pub(super) const KIND: Replaced = Replaced { name: "text_search_parser", create, claims: claims_nothing };

fn create(object: &Object) -> Result<String, PlanError> {
    let Attributes { start, next_token, end, headline, token_types } = attributes_of(object)?;
    let headline = headline.map_or_else(String::new, |headline| format!(", HEADLINE = {headline}"));
    let name = outer_name(&object.id);
    Ok(format!(
        "CREATE TEXT SEARCH PARSER {name} (START = {start}, GETTOKEN = {next_token}, END = {end}{headline}, LEXTYPES = {token_types})"
    ))
}
