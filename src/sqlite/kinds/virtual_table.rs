//! Virtual tables of the modules that SQLite brings along: one object with all its shadow tables, replaced whole.

use schema_sync_store::Object;

use super::super::change::WRITE_LOCK;
use super::super::model::VirtualTableAttributes;
use super::super::quote::identifier;
use super::super::table::own_name;
use super::relation_claim;
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{HazardKind, MigrationStep, PlanError};

pub(super) struct VirtualTableKind;

impl Kind for VirtualTableKind {
    fn name(&self) -> &'static str {
        "virtual_table"
    }

    fn rule(&self, _change: &Change<'_>) -> Rule {
        Rule::Replace
    }

    fn create(&self, object: &Object, _sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let VirtualTableAttributes { module, arguments } = attributes_of(object)?;
        let name = identifier(own_name(&object.id));
        let arguments = if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
        let statement = format!("CREATE VIRTUAL TABLE {name} USING {}{arguments}", identifier(&module));
        Ok(vec![MigrationStep::create(&object.id, statement).locking(WRITE_LOCK)])
    }

    fn alter(&self, _: &Object, _: &[Change<'_>], _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        Ok(Vec::new())
    }

    fn drop(&self, object: &Object, _sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let statement = format!("DROP TABLE {}", identifier(own_name(&object.id)));
        let detail = "everything in the virtual table is lost";
        let step = MigrationStep::drop(&object.id, statement).hazard(HazardKind::DataLoss, detail);
        Ok(vec![step.locking(WRITE_LOCK)])
    }

    fn claims(&self, object: &Object) -> Vec<String> {
        relation_claim(own_name(&object.id))
    }
}
