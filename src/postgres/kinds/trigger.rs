//! Triggers of tables and views, carried as the server prints them.

use schema_sync_store::Object;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::super::catalog::{Cells, Namespace, Reading, Server, Source, class, is_default, object};
use super::super::quote::{identifier, last_part, outer_name};
use super::{remade_table, table};
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{MigrationStep, PlanError};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    definition: String,
    /// `DISABLE`, `ENABLE REPLICA`, `ENABLE ALWAYS`; absent where it is enabled as usual.
    #[serde(skip_serializing_if = "is_default")]
    enabled: Option<String>,
}

pub(in super::super) const SOURCE: Source = Source { name: "trigger", body, read };

/// Printed in the pretty form, which alone is relative to the search path. Those that partitions get from their
/// partitioned table are told by that table's.
fn body(_: &Server) -> String {
    "SELECT g.oid, g.tgrelid, g.tgname::text, g.tgenabled::text, pg_get_triggerdef(g.oid, true) \
     FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND c.relhastriggers JOIN pg_trigger g ON g.tgrelid = c.oid \
     WHERE d.refclassid = 2615 AND d.refobjid = t.ns AND d.refobjsubid = 0 AND d.classid = 1259 \
     AND NOT g.tgisinternal AND g.tgparentid = 0"
        .to_owned()
}

fn read(cells: &Cells<'_>, _: &Namespace, reading: &mut Reading) -> Result<(), String> {
    let (oid, relation_oid): (u32, u32) = (cells.get(1)?, cells.get(2)?);
    let Some(relation) = reading.relations.get(&relation_oid) else { return Ok(()) };
    let outer = relation.id.clone();
    let id = outer.sibling("trigger", [outer.name[0].clone(), SmolStr::new(cells.get::<&str>(3)?)]);
    let attributes = Attributes { definition: cells.get(5)?, enabled: enabled_word(cells.get(4)?) };
    reading.add((class::TRIGGER, oid, 0), object(id, &attributes, [outer])?);
    Ok(())
}

/// The word for a state of `tgenabled` and `ev_enabled`, none for the usual one.
pub(super) fn enabled_word(code: &str) -> Option<String> {
    let word = match code {
        "D" => "DISABLE",
        "R" => "ENABLE REPLICA",
        "A" => "ENABLE ALWAYS",
        _ => return None,
    };
    Some(word.to_owned())
}

pub(super) struct Trigger;

fn enable(object: &Object, enabled: Option<&str>) -> MigrationStep {
    let clause = format!("{} TRIGGER {}", enabled.unwrap_or("ENABLE"), identifier(last_part(&object.id)));
    table::altering(&object.id, clause)
}

impl Kind for Trigger {
    fn name(&self) -> &'static str {
        "trigger"
    }

    fn rule(&self, change: &Change<'_>) -> Rule {
        if change.attribute == "enabled" { Rule::Alter } else { Rule::Replace }
    }

    fn rebinds(&self, _: &[Change<'_>]) -> bool {
        false
    }

    fn create(&self, object: &Object, _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let step = MigrationStep::create(&object.id, attributes.definition).after([remade_table::rows_are_back()]);
        let mut steps = vec![step.locking(format!("SHARE ROW EXCLUSIVE on {}", outer_name(&object.id)))];
        steps.extend(attributes.enabled.as_deref().map(|enabled| enable(object, Some(enabled))));
        Ok(steps)
    }

    fn alter(&self, object: &Object, _: &[Change<'_>], _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        Ok(vec![enable(object, attributes.enabled.as_deref())])
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let name = outer_name(&object.id);
        let statement = format!("DROP TRIGGER {} ON {name}", identifier(last_part(&object.id)));
        let step = MigrationStep::drop(&object.id, statement).unmaking(super::comments_of(&object.id, sides.from));
        Ok(vec![step.locking(table::access_exclusive(&name))])
    }
}
