//! Rewrite rules other than those that make views, carried as the server prints them.

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::super::catalog::{Cells, Namespace, Reading, Server, Source, class, is_default, object};
use super::super::printed;
use super::super::quote::{identifier, last_part, outer_name};
use super::{remade_table, table};
use crate::kind::{Change, Kind, Sides, attributes_of};
use crate::plan::{MigrationStep, PlanError};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    definition: String,
    #[serde(skip_serializing_if = "is_default")]
    enabled: Option<String>,
}

pub(in super::super) const SOURCE: Source = Source { name: "rule", body, read };

fn body(_: &Server) -> String {
    "SELECT r.oid, r.ev_class, r.rulename::text, r.ev_enabled::text, \
     CASE WHEN r.rulename <> '_RETURN' THEN pg_get_ruledef(r.oid) END \
     FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND c.relhasrules JOIN pg_rewrite r ON r.ev_class = c.oid \
     WHERE d.refclassid = 2615 AND d.refobjid = t.ns AND d.refobjsubid = 0 AND d.classid = 1259"
        .to_owned()
}

fn read(cells: &Cells<'_>, _: &Namespace, reading: &mut Reading) -> Result<(), String> {
    let (oid, relation_oid): (u32, u32) = (cells.get(1)?, cells.get(2)?);
    let Some(relation) = reading.relations.get(&relation_oid) else { return Ok(()) };
    let address = (class::REWRITE, oid, 0);
    let Some(definition) = cells.get::<Option<&str>>(5)? else {
        // What the view's own rule needs, the view needs.
        reading.alias(address, (class::RELATION, relation_oid, 0));
        return Ok(());
    };
    let definition = definition.trim_end_matches(';').to_owned();
    let outer = relation.id.clone();
    let id = outer.sibling("rule", [outer.name[0].clone(), SmolStr::new(cells.get::<&str>(3)?)]);
    let attributes = Attributes {
        definition: printed::statements(printed::relative(definition, "TO", &reading.own_schema)),
        enabled: super::trigger::enabled_word(cells.get(4)?),
    };
    reading.add(address, object(id, &attributes, [outer])?);
    Ok(())
}

pub(super) struct Rule;

fn enable(object: &Object, enabled: Option<&str>) -> MigrationStep {
    let clause = format!("{} RULE {}", enabled.unwrap_or("ENABLE"), identifier(last_part(&object.id)));
    table::altering(&object.id, clause)
}

impl Kind for Rule {
    fn name(&self) -> &'static str {
        "rule"
    }

    fn rule(&self, change: &Change<'_>) -> crate::kind::Rule {
        if change.attribute == "enabled" { crate::kind::Rule::Alter } else { crate::kind::Rule::Replace }
    }

    fn rebinds(&self, _: &[Change<'_>], _: &ObjectId) -> bool {
        false
    }

    fn create(&self, object: &Object, _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let step = MigrationStep::create(&object.id, attributes.definition).after([remade_table::rows_are_back()]);
        let mut steps = vec![step.locking(table::access_exclusive(&outer_name(&object.id)))];
        steps.extend(attributes.enabled.as_deref().map(|enabled| enable(object, Some(enabled))));
        Ok(steps)
    }

    fn alter(&self, object: &Object, _: &[Change<'_>], _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        Ok(vec![enable(object, attributes.enabled.as_deref())])
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let statement = format!("DROP RULE {} ON {}", identifier(last_part(&object.id)), outer_name(&object.id));
        let step = MigrationStep::drop(&object.id, statement);
        Ok(vec![step.unmaking(super::comments_of(&object.id, sides.from))])
    }
}
