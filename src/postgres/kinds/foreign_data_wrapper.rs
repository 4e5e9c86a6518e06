//! Foreign-data wrappers that no extension brought, where the tenant is a database.

use schema_sync_store::Object;
use serde::{Deserialize, Serialize};

use super::super::catalog::{Server, is_default};
use super::described::{Described, function};
use super::foreign_options::{self, ForeignOptions};
use super::replaced::{drop_step, target};
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{MigrationStep, PlanError};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Attributes {
    #[serde(skip_serializing_if = "is_default")]
    handler: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    validator: Option<String>,
    #[serde(flatten)]
    options: ForeignOptions,
}

pub(super) const DESCRIBED: Described = Described {
    kind: "foreign_data_wrapper",
    class: 2328,
    catalogue: "pg_foreign_data_wrapper",
    name: "ARRAY[x.fdwname::text]",
    attributes,
};

fn attributes(_: &Server) -> String {
    let (handler, validator) = (function("x.fdwhandler"), function("x.fdwvalidator"));
    format!("'handler', {handler}, 'validator', {validator}, {}", foreign_options::options("x.fdwoptions"))
}

fn functions(before: &Attributes, after: &Attributes) -> String {
    let mut text = String::new();
    let pairs = [("HANDLER", &before.handler, &after.handler), ("VALIDATOR", &before.validator, &after.validator)];
    for (word, _, new) in pairs.iter().filter(|(_, old, new)| old != new) {
        text.push_str(&new.as_ref().map_or_else(|| format!(" NO {word}"), |name| format!(" {word} {name}")));
    }
    text
}

pub(super) struct ForeignDataWrapper;

impl Kind for ForeignDataWrapper {
    fn name(&self) -> &'static str {
        "foreign_data_wrapper"
    }

    fn rule(&self, change: &Change<'_>) -> Rule {
        if change.attribute == "left_out" { Rule::Cosmetic } else { Rule::Alter }
    }

    fn create(&self, object: &Object, _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let after: Attributes = attributes_of(object)?;
        let functions = functions(&Attributes::default(), &after);
        let text = format!("CREATE {}{functions}{}", target(&object.id), after.options.clause());
        Ok(vec![MigrationStep { reason: after.options.reason(), ..MigrationStep::create(&object.id, text) }])
    }

    fn alter(&self, object: &Object, _: &[Change<'_>], sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let before: Attributes = sides.from.get(&object.id).map(attributes_of).transpose()?.unwrap_or_default();
        let after: Attributes = attributes_of(object)?;
        let changes = format!("{}{}", functions(&before, &after), after.options.changes_from(&before.options));
        Ok(vec![MigrationStep::alter(&object.id, format!("ALTER {}{changes}", target(&object.id)))])
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        Ok(vec![attributes.options.lost_by(drop_step(&object.id, sides))])
    }
}
