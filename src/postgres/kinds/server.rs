//! Foreign servers, where the tenant is a database.

use schema_sync_store::Object;
use serde::{Deserialize, Serialize};

use super::super::catalog::{self, is_default};
use super::super::quote::{identifier, literal};
use super::described::Described;
use super::foreign_options::{self, ForeignOptions};
use super::replaced::{drop_step, target};
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{MigrationStep, PlanError};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Attributes {
    wrapper: String,
    #[serde(rename = "type", skip_serializing_if = "is_default")]
    type_name: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    version: Option<String>,
    #[serde(flatten)]
    options: ForeignOptions,
}

pub(super) const DESCRIBED: Described = Described {
    kind: "server",
    class: 1417,
    catalogue: "pg_foreign_server",
    name: "ARRAY[x.srvname::text]",
    attributes,
};

fn attributes(_: &catalog::Server) -> String {
    format!(
        "'wrapper', (SELECT w.fdwname::text FROM pg_foreign_data_wrapper w WHERE w.oid = x.srvfdw), 'type', x.srvtype, \
         'version', x.srvversion, {}",
        foreign_options::options("x.srvoptions")
    )
}

pub(super) struct Server;

impl Kind for Server {
    fn name(&self) -> &'static str {
        "server"
    }

    fn rule(&self, change: &Change<'_>) -> Rule {
        match change.attribute {
            "left_out" => Rule::Cosmetic,
            "options" | "version" => Rule::Alter,
            _ => Rule::Replace,
        }
    }

    fn create(&self, object: &Object, _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let Attributes { wrapper, type_name, version, options } = attributes_of(object)?;
        let with = |word: &str, value: Option<String>| {
            value.map_or_else(String::new, |value| format!(" {word} {}", literal(&value)))
        };
        let (type_name, version) = (with("TYPE", type_name), with("VERSION", version));
        let (wrapper, given) = (identifier(&wrapper), options.clause());
        let target = target(&object.id);
        let text = format!("CREATE {target}{type_name}{version} FOREIGN DATA WRAPPER {wrapper}{given}");
        Ok(vec![MigrationStep { reason: options.reason(), ..MigrationStep::create(&object.id, text) }])
    }

    fn alter(&self, object: &Object, _: &[Change<'_>], sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let before: Attributes = sides.from.get(&object.id).map(attributes_of).transpose()?.unwrap_or_default();
        let after: Attributes = attributes_of(object)?;
        let mut text = format!("ALTER {}", target(&object.id));
        if before.version != after.version {
            let version = after.version.as_deref().map_or_else(|| "NULL".to_owned(), literal);
            text.push_str(&format!(" VERSION {version}"));
        }
        text.push_str(&after.options.changes_from(&before.options));
        Ok(vec![MigrationStep::alter(&object.id, text)])
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        Ok(vec![attributes.options.lost_by(drop_step(&object.id, sides))])
    }
}
