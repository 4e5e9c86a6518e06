//! Views: always replaced whole.

use schema_sync_store::Object;

use super::super::change::WRITE_LOCK;
use super::super::model::ViewAttributes;
use super::super::quote::{identifier, identifiers};
use super::super::table::own_name;
use super::relation_claim;
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{MigrationStep, PlanError};

pub(super) struct ViewKind;

impl Kind for ViewKind {
    fn name(&self) -> &'static str {
        "view"
    }

    fn rule(&self, _change: &Change<'_>) -> Rule {
        Rule::Replace
    }

    fn create(&self, object: &Object, _sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let ViewAttributes { columns, query } = attributes_of(object)?;
        let columns = match columns.as_slice() {
            [] => String::new(),
            columns => format!(" ({})", identifiers(columns.iter().map(String::as_str))),
        };
        let statement = format!("CREATE VIEW {}{columns} AS {query}", identifier(own_name(&object.id)));
        Ok(vec![MigrationStep::create(&object.id, statement).locking(WRITE_LOCK)])
    }

    fn alter(&self, _: &Object, _: &[Change<'_>], _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        Ok(Vec::new())
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let triggers = sides.from.parts("trigger", &object.id).map(|trigger| trigger.id.clone());
        let statement = format!("DROP VIEW {}", identifier(own_name(&object.id)));
        Ok(vec![MigrationStep::drop(&object.id, statement).locking(WRITE_LOCK).unmaking(triggers)])
    }

    fn claims(&self, object: &Object) -> Vec<String> {
        relation_claim(own_name(&object.id))
    }
}
