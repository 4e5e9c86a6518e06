//! Extensions, where the tenant is a database. What belongs to an extension is told by it alone.

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};

use super::super::catalog::object;
use super::super::quote::{identifier, last_part, literal};
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{HazardKind, MigrationStep, PlanError};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    version: String,
    /// The schema that holds what it brings; `schema` itself says where an object is.
    installed_in: String,
}

pub(in super::super) fn read(name: &str, version: &str, schema: &str) -> Result<Object, String> {
    let attributes = Attributes { version: version.to_owned(), installed_in: schema.to_owned() };
    object(ObjectId::new("extension", [name]), &attributes, [])
}

pub(super) struct Extension;

impl Kind for Extension {
    fn name(&self) -> &'static str {
        "extension"
    }

    fn rule(&self, change: &Change<'_>) -> Rule {
        if change.attribute == "version" { Rule::Alter } else { Rule::Replace }
    }

    fn create(&self, object: &Object, _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let name = identifier(last_part(&object.id));
        let Attributes { version, installed_in } = attributes;
        let text =
            format!("CREATE EXTENSION {name} WITH SCHEMA {} VERSION {}", identifier(&installed_in), literal(&version));
        Ok(vec![MigrationStep::create(&object.id, text)])
    }

    fn alter(&self, object: &Object, _: &[Change<'_>], _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let name = identifier(last_part(&object.id));
        let text = format!("ALTER EXTENSION {name} UPDATE TO {}", literal(&attributes.version));
        Ok(vec![MigrationStep::alter(&object.id, text)])
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let step = MigrationStep::drop(&object.id, format!("DROP EXTENSION {}", identifier(last_part(&object.id))));
        let step = step.unmaking(super::comments_of(&object.id, sides.from));
        Ok(vec![step.hazard(HazardKind::DataLoss, "what the extension keeps in its own tables is lost")])
    }
}
