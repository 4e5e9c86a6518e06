//! Triggers of tables and views, carried as the server prints them.

use schema_sync_store::{Object, ObjectId, SchemaSnapshot};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::super::catalog::{Cells, Namespace, Reading, Server, Source, class, is_default, object};
use super::super::quote::{identifier, last_part, outer_name};
use super::{lineage, table};
use crate::kind::{Change, Disturbance, Kind, Rule, Sides, attributes_of};
use crate::plan::{MigrationStep, PlanError, StepAction};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    definition: String,
    /// `DISABLE`, `ENABLE REPLICA`, `ENABLE ALWAYS`; absent where it is enabled as usual.
    #[serde(skip_serializing_if = "is_default")]
    enabled: Option<String>,
    /// For one that a partition has from its partitioned table, and that is in another state than there: that state.
    #[serde(skip_serializing_if = "is_default")]
    state_of_partition: Option<String>,
}

pub(in super::super) const SOURCE: Source = Source { name: "trigger", body, read };

/// Printed in the pretty form, which alone is relative to the search path. Those that partitions get from their
/// partitioned table are told by that table's, but for their state where it is another; up to PostgreSQL 14 they are
/// internal. Those of foreign keys have an index.
fn body(_: &Server) -> String {
    "SELECT g.oid, g.tgrelid, g.tgname::text, g.tgenabled::text, \
     CASE WHEN g.tgparentid = 0 THEN pg_get_triggerdef(g.oid, true) END, \
     CASE WHEN g.tgparentid <> 0 THEN ARRAY(WITH RECURSIVE above AS (SELECT g.tgparentid AS oid UNION ALL \
       SELECT p.tgparentid FROM above a JOIN pg_trigger p ON p.oid = a.oid WHERE p.tgparentid <> 0) SELECT oid FROM above) END \
     FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND c.relhastriggers JOIN pg_trigger g ON g.tgrelid = c.oid \
     WHERE d.refclassid = 2615 AND d.refobjid = t.ns AND d.refobjsubid = 0 AND d.classid = 1259 \
     AND (NOT g.tgisinternal AND g.tgparentid = 0 OR g.tgparentid <> 0 AND g.tgconstrindid = 0 \
       AND g.tgenabled <> (SELECT p.tgenabled FROM pg_trigger p WHERE p.oid = g.tgparentid))"
        .to_owned()
}

fn read(cells: &Cells<'_>, _: &Namespace, reading: &mut Reading) -> Result<(), String> {
    let (oid, relation_oid): (u32, u32) = (cells.get(1)?, cells.get(2)?);
    let Some(relation) = reading.relations.get(&relation_oid) else { return Ok(()) };
    let outer = relation.id.clone();
    let id = outer.sibling("trigger", [outer.name[0].clone(), SmolStr::new(cells.get::<&str>(3)?)]);
    let enabled = enabled_word(cells.get(4)?);
    let attributes = match cells.get::<Option<String>>(5)? {
        Some(definition) => Attributes { definition, enabled, ..Attributes::default() },
        None => {
            for above in cells.get::<Option<Vec<u32>>>(6)?.unwrap_or_default() {
                reading.later_need((class::TRIGGER, oid, 0), (class::TRIGGER, above, 0));
            }
            let state = enabled.unwrap_or_else(|| "ENABLE".to_owned());
            Attributes { state_of_partition: Some(state), ..Attributes::default() }
        }
    };
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

/// The step that brings a partition's trigger into a state, in which those of its own partitions follow.
fn state_of_partition(object: &Object, state: &str) -> MigrationStep {
    table::altering(&object.id, format!("{state} TRIGGER {}", identifier(last_part(&object.id))))
}

/// The step by which a partition's trigger gets the state of the one that it is from, where both are still there.
fn follow_partitioned(object: &Object, sides: &Sides<'_>) -> Option<MigrationStep> {
    let table = lineage::table_of(&object.id);
    let above = object.needs.iter().filter(|need| need.kind == "trigger").filter_map(|need| sides.to.get(need));
    let above = above.filter(|trigger| is_below(&table, &lineage::table_of(&trigger.id), sides.to));
    let state = |trigger: &Object| {
        let states = ["state_of_partition", "enabled"].into_iter();
        let state = states.filter_map(|name| trigger.attribute(name)).find_map(serde_json::Value::as_str);
        state.unwrap_or("ENABLE").to_owned()
    };
    // The nearest one has a state of its own where there are several.
    let state = above.max_by_key(|trigger| trigger.attribute("state_of_partition").is_some()).map(state)?;
    let step = state_of_partition(object, &state).unmaking([object.id.clone()]);
    Some(MigrationStep { action: StepAction::Drop, ..step })
}

fn is_below(table: &ObjectId, above: &ObjectId, side: &SchemaSnapshot) -> bool {
    let parents = side.get(table).into_iter().flat_map(|table| &table.needs).filter(|need| need.kind == "table");
    parents.into_iter().any(|parent| parent == above || is_below(parent, above, side))
}

impl Kind for Trigger {
    fn name(&self) -> &'static str {
        "trigger"
    }

    fn rule(&self, change: &Change<'_>) -> Rule {
        match (change.attribute, change.from, change.to) {
            ("enabled", ..) | ("state_of_partition", Some(_), Some(_)) => Rule::Alter,
            _ => Rule::Replace,
        }
    }

    fn rebinds(&self, _: &[Change<'_>]) -> bool {
        false
    }

    /// Those of partitions follow.
    fn disturbs(&self, _: &[Change<'_>], dependent: &Object, _: &Sides<'_>) -> Disturbance {
        if dependent.id.kind == "trigger" { Disturbance::Recreate } else { Disturbance::None }
    }

    fn create(&self, object: &Object, _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        if let Some(state) = &attributes.state_of_partition {
            let step = MigrationStep { action: StepAction::Create, ..state_of_partition(object, state) };
            // Being attached gives a table its triggers.
            let step = step.making([object.id.clone()]).after([lineage::attachment(&lineage::table_of(&object.id))]);
            return Ok(vec![step]);
        }
        let step = MigrationStep::create(&object.id, attributes.definition);
        let mut steps = vec![step.locking(format!("SHARE ROW EXCLUSIVE on {}", outer_name(&object.id)))];
        steps.extend(attributes.enabled.as_deref().map(|enabled| enable(object, Some(enabled))));
        Ok(steps)
    }

    fn alter(&self, object: &Object, _: &[Change<'_>], _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        Ok(vec![match &attributes.state_of_partition {
            Some(state) => state_of_partition(object, state),
            None => enable(object, attributes.enabled.as_deref()),
        }])
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let name = outer_name(&object.id);
        let attributes: Attributes = attributes_of(object)?;
        if attributes.state_of_partition.is_some() {
            return Ok(follow_partitioned(object, sides).into_iter().collect());
        }
        let statement = format!("DROP TRIGGER {} ON {name}", identifier(last_part(&object.id)));
        let step = MigrationStep::drop(&object.id, statement).unmaking(super::comments_of(&object.id, sides.from));
        Ok(vec![step.locking(table::access_exclusive(&name))])
    }
}
