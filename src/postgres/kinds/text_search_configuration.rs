//! Text search configurations: a parser, and for each sort of token the dictionaries that it is looked up in.

use schema_sync_store::Object;
use serde::{Deserialize, Serialize};

use super::super::catalog::{Server, is_default};
use super::super::quote::{identifier, outer_name};
use super::described::{Described, name_of};
use super::replaced::{drop_step, target};
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{MigrationStep, PlanError};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    parser: String,
    /// By token type, in the parser's order.
    #[serde(skip_serializing_if = "is_default")]
    mappings: Vec<Mapping>,
}

#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mapping {
    token: String,
    /// As the server prints them.
    dictionaries: Vec<String>,
}

pub(super) const DESCRIBED: Described = Described {
    kind: "text_search_configuration",
    class: 3602,
    catalogue: "pg_ts_config",
    name: "ARRAY[x.cfgname::text]",
    attributes,
};

fn attributes(_: &Server) -> String {
    format!(
        "'parser', {}, 'mappings', (SELECT jsonb_agg(jsonb_build_object('token', k.alias, 'dictionaries', g.dictionaries) \
           ORDER BY k.tokid) FROM ts_token_type(x.cfgparser) k JOIN (SELECT m.maptokentype, \
           jsonb_agg(m.mapdict::regdictionary::text ORDER BY m.mapseqno) AS dictionaries \
           FROM pg_ts_config_map m WHERE m.mapcfg = x.oid GROUP BY m.maptokentype) g ON g.maptokentype = k.tokid)",
        name_of("pg_ts_parser", "prs", "ts_parser", "x.cfgparser")
    )
}

fn map(object: &Object, verb: &str, mapping: &Mapping) -> String {
    let token = identifier(&mapping.token);
    format!("ALTER {} {verb} MAPPING FOR {token} WITH {}", target(&object.id), mapping.dictionaries.join(", "))
}

pub(super) struct TextSearchConfiguration;

impl Kind for TextSearchConfiguration {
    fn name(&self) -> &'static str {
        "text_search_configuration"
    }

    fn rule(&self, change: &Change<'_>) -> Rule {
        if change.attribute == "mappings" { Rule::Alter } else { Rule::Replace }
    }

    fn create(&self, object: &Object, _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let name = outer_name(&object.id);
        let text = format!("CREATE TEXT SEARCH CONFIGURATION {name} (PARSER = {})", attributes.parser);
        let mut step = MigrationStep::create(&object.id, text);
        for mapping in &attributes.mappings {
            step = step.then(map(object, "ADD", mapping));
        }
        Ok(vec![step])
    }

    fn alter(&self, object: &Object, _: &[Change<'_>], sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let before: Attributes = sides.from.get(&object.id).map(attributes_of).transpose()?.unwrap_or_default();
        let after: Attributes = attributes_of(object)?;
        let is_mapped = |token: &str, side: &Attributes| side.mappings.iter().any(|mapping| mapping.token == token);
        let gone = before.mappings.iter().filter(|mapping| !is_mapped(&mapping.token, &after));
        let mut statements: Vec<String> = gone
            .map(|mapping| format!("ALTER {} DROP MAPPING FOR {}", target(&object.id), identifier(&mapping.token)))
            .collect();
        for mapping in after.mappings.iter().filter(|mapping| !before.mappings.contains(mapping)) {
            let verb = if is_mapped(&mapping.token, &before) { "ALTER" } else { "ADD" };
            statements.push(map(object, verb, mapping));
        }
        Ok(statements.into_iter().map(|statement| MigrationStep::alter(&object.id, statement)).collect())
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        Ok(vec![drop_step(&object.id, sides)])
    }
}
