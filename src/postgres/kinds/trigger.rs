//! Triggers of tables and views, carried as the server prints them.

use schema_sync_store::{Object, ObjectId, SchemaSnapshot};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::super::catalog::{Cells, Namespace, Reading, Server, Source, class, is_default, object};
use super::super::printed;
use super::super::quote::{identifier, last_part, outer_name};
use super::{lineage, remade_table, table};
use crate::kind::{Change, Disturbance, Kind, Rule, Sides, attributes_of};
use crate::plan::{MigrationStep, PlanError, StepAction};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    definition: String,
    /// `DISABLE`, `ENABLE REPLICA`, `ENABLE ALWAYS`; absent where it is enabled as usual.
    #[serde(skip_serializing_if = "is_default")]
    enabled: Option<String>,
    /// The partition's own state of a trigger that it has from its partitioned table; there is no definition then.
    #[serde(skip_serializing_if = "is_default")]
    of_partition: bool,
}

pub(in super::super) const SOURCE: Source = Source { name: "trigger", body, read };

/// Those that partitions get from their
/// partitioned table are told by that table's, but where they are enabled in another way than the one that they come
/// from. Before PostgreSQL 15 these are internal.
fn body(_: &Server) -> String {
    "SELECT g.oid, g.tgrelid, g.tgname::text, g.tgenabled::text, \
     CASE WHEN g.tgparentid = 0 THEN pg_get_triggerdef(g.oid) END, \
     CASE WHEN g.tgparentid <> 0 THEN (WITH RECURSIVE u AS (SELECT g.tgparentid AS id UNION ALL \
       SELECT p.tgparentid FROM u JOIN pg_trigger p ON p.oid = u.id) SELECT array_agg(u.id) FROM u WHERE u.id <> 0) END \
     FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND c.relhastriggers JOIN pg_trigger g ON g.tgrelid = c.oid \
     WHERE d.refclassid = 2615 AND d.refobjid = t.ns AND d.refobjsubid = 0 AND d.classid = 1259 \
     AND CASE WHEN g.tgparentid = 0 THEN NOT g.tgisinternal ELSE (NOT g.tgisinternal OR g.tgconstraint = 0) \
       AND g.tgenabled <> (SELECT p.tgenabled FROM pg_trigger p WHERE p.oid = g.tgparentid) END"
        .to_owned()
}

fn read(cells: &Cells<'_>, _: &Namespace, reading: &mut Reading) -> Result<(), String> {
    let (oid, relation_oid): (u32, u32) = (cells.get(1)?, cells.get(2)?);
    let Some(relation) = reading.relations.get(&relation_oid) else { return Ok(()) };
    let outer = relation.id.clone();
    let id = outer.sibling("trigger", [outer.name[0].clone(), SmolStr::new(cells.get::<&str>(3)?)]);
    let address = (class::TRIGGER, oid, 0);
    let enabled = enabled_word(cells.get(4)?);
    let attributes = match cells.get::<Option<Vec<u32>>>(6)? {
        None => {
            let definition = printed::expression(printed::relative(cells.get(5)?, "ON", &reading.own_schema));
            Attributes { definition, enabled, of_partition: false }
        }
        Some(ancestors) => {
            for ancestor in ancestors {
                reading.later_need(address, (class::TRIGGER, ancestor, 0));
            }
            let enabled = enabled.or_else(|| Some(ENABLE.to_owned()));
            Attributes { definition: String::new(), enabled, of_partition: true }
        }
    };
    reading.add(address, object(id, &attributes, [outer])?);
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

const ENABLE: &str = "ENABLE";

/// Sets the state of a trigger, and of those that partitions have from it.
fn enable(object: &Object, enabled: Option<&str>) -> MigrationStep {
    let clause = format!("{} TRIGGER {}", enabled.unwrap_or(ENABLE), identifier(last_part(&object.id)));
    table::altering(&object.id, clause)
}

/// The trigger from which a partition's has what it does not say itself.
fn origin<'a>(object: &Object, side: &'a SchemaSnapshot) -> Option<&'a Object> {
    let needs = object.needs.iter().filter(|need| need.kind == "trigger").filter_map(|need| side.get(need));
    let nearest = |trigger: &&Object| trigger.needs.len();
    needs.max_by_key(nearest)
}

/// The moments at which a table becomes a partition, and its partitioned tables theirs: then it has their triggers.
fn attachments_above(table: &ObjectId, sides: &Sides<'_>) -> Vec<ObjectId> {
    let parents = sides.to.get(table).into_iter().flat_map(|table| &table.needs).filter(|need| need.kind == "table");
    let above = parents.flat_map(|parent| attachments_above(parent, sides));
    above.chain([lineage::attachment(table)]).collect()
}

/// Makes a partition's trigger enabled in its own way.
fn create_of_partition(object: &Object, attributes: &Attributes, sides: &Sides<'_>) -> MigrationStep {
    let step =
        enable(object, attributes.enabled.as_deref()).after(attachments_above(&lineage::table_of(&object.id), sides));
    MigrationStep { action: StepAction::Create, ..step.making([object.id.clone()]) }
}

/// Makes a partition's trigger enabled as the one that it comes from; where it does not stay a partition it has none.
fn drop_of_partition(object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
    let table = lineage::table_of(&object.id);
    let is_partition =
        |side: &SchemaSnapshot| side.get(&table).and_then(|table| table.attribute("partition_of").cloned());
    let Some(origin) = origin(object, sides.to).filter(|_| is_partition(sides.to) == is_partition(sides.from)) else {
        return Ok(Vec::new());
    };
    let attributes: Attributes = attributes_of(origin)?;
    let step = enable(object, attributes.enabled.as_deref()).unmaking([object.id.clone()]);
    Ok(vec![MigrationStep { action: StepAction::Drop, ..step }])
}

impl Kind for Trigger {
    fn name(&self) -> &'static str {
        "trigger"
    }

    fn rule(&self, change: &Change<'_>) -> Rule {
        if change.attribute == "enabled" { Rule::Alter } else { Rule::Replace }
    }

    /// The state of a trigger is also that of those that partitions have from it.
    fn disturbs(&self, _: &[Change<'_>], dependent: &Object, _: &Sides<'_>) -> Disturbance {
        if dependent.attribute("of_partition").is_some() { Disturbance::Recreate } else { Disturbance::None }
    }

    fn rebinds(&self, _: &[Change<'_>], _: &ObjectId) -> bool {
        false
    }

    fn create(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        if attributes.of_partition {
            return Ok(vec![create_of_partition(object, &attributes, sides)]);
        }
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
        if object.attribute("of_partition").is_some() {
            return drop_of_partition(object, sides);
        }
        let name = outer_name(&object.id);
        let along = sides.from.dependents("trigger", &object.id);
        let along: Vec<ObjectId> = along.map(|other| other.id.clone()).collect();
        let statement = format!("DROP TRIGGER {} ON {name}", identifier(last_part(&object.id)));
        let step = MigrationStep::drop(&object.id, statement).unmaking(super::comments_of(&object.id, sides.from));
        Ok(vec![step.unmaking(along).locking(table::access_exclusive(&name))])
    }
}
