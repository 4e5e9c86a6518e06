//! Triggers of tables and views: always replaced whole.

use schema_sync_store::Object;

use super::super::change::WRITE_LOCK;
use super::super::model::TriggerAttributes;
use super::super::quote::{identifier, identifiers};
use super::super::table::own_name;
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{MigrationStep, PlanError};

pub(super) struct TriggerKind;

impl Kind for TriggerKind {
    fn name(&self) -> &'static str {
        "trigger"
    }

    fn rule(&self, _change: &Change<'_>) -> Rule {
        Rule::Replace
    }

    fn create(&self, object: &Object, _sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let TriggerAttributes { timing, event, columns, condition, body } = attributes_of(object)?;
        let columns = match columns.as_slice() {
            [] => String::new(),
            columns => format!(" OF {}", identifiers(columns.iter().map(String::as_str))),
        };
        let relation = object.id.name.first().map(smol_str::SmolStr::as_str).unwrap_or_default();
        let condition = condition.map(|condition| format!("\nWHEN {condition}")).unwrap_or_default();
        let body: String = body.iter().map(|statement| format!("  {statement};\n")).collect();
        let statement = format!(
            "CREATE TRIGGER {} {timing} {event}{columns} ON {}{condition}\nBEGIN\n{body}END",
            identifier(own_name(&object.id)),
            identifier(relation)
        );
        Ok(vec![MigrationStep::create(&object.id, statement).locking(WRITE_LOCK)])
    }

    fn alter(&self, _: &Object, _: &[Change<'_>], _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        Ok(Vec::new())
    }

    fn drop(&self, object: &Object, _sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let statement = format!("DROP TRIGGER {}", identifier(own_name(&object.id)));
        Ok(vec![MigrationStep::drop(&object.id, statement).locking(WRITE_LOCK)])
    }

    fn claims(&self, object: &Object) -> Vec<String> {
        vec![format!("trigger {}", own_name(&object.id).to_ascii_lowercase())]
    }
}
