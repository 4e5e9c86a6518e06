//! Schemas beside the tenant's own, where the tenant is a database.

use schema_sync_store::{Object, ObjectId};

use super::super::quote::{identifier, last_part};
use crate::kind::{Change, Kind, Rule, Sides};
use crate::plan::{MigrationStep, PlanError};

/// A schema as an object.
pub(in super::super) fn read(name: &str) -> Object {
    Object::new(ObjectId::new("schema", [name]))
}

pub(super) struct Schema;

impl Kind for Schema {
    fn name(&self) -> &'static str {
        "schema"
    }

    fn rule(&self, _: &Change<'_>) -> Rule {
        Rule::Alter
    }

    fn create(&self, object: &Object, _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let text = format!("CREATE SCHEMA {}", identifier(last_part(&object.id)));
        Ok(vec![MigrationStep::create(&object.id, text)])
    }

    fn alter(&self, _: &Object, _: &[Change<'_>], _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        Ok(Vec::new())
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let step = MigrationStep::drop(&object.id, format!("DROP SCHEMA {}", identifier(last_part(&object.id))));
        Ok(vec![step.unmaking(super::comments_of(&object.id, sides.from))])
    }
}
