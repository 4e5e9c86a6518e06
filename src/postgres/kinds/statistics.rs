//! Extended statistics: what the planner is told of columns and expressions together.

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::super::catalog::{Cells, Namespace, Reading, Server, Source, class, is_default, object};
use super::super::printed;
use super::super::quote::{identifier, outer_name};
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{MigrationStep, PlanError};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    /// The relation that they are of, as the server prints it.
    relation: String,
    /// Sorted by name, as the order of the table's columns does not count.
    #[serde(skip_serializing_if = "is_default")]
    columns: Vec<SmolStr>,
    #[serde(skip_serializing_if = "is_default")]
    expressions: Vec<String>,
    /// `dependencies`, `mcv`, `ndistinct`, sorted; absent where all kinds that there can be are kept.
    #[serde(skip_serializing_if = "is_default")]
    kinds: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    target: Option<i32>,
}

pub(in super::super) const SOURCE: Source = Source { name: "statistics", body, read };

/// Most databases have none, so it is asked once whether there are any.
fn body(_: &Server) -> String {
    "SELECT s.oid, s.stxname::text, s.stxrelid::regclass::text, \
     (SELECT array_agg(a.attname::text ORDER BY a.attname) FROM unnest(s.stxkeys) k \
       JOIN pg_attribute a ON a.attrelid = s.stxrelid AND a.attnum = k), \
     pg_get_statisticsobjdef_expressions(s.oid), s.stxkind::text[], coalesce(s.stxstattarget, -1)::int4, s.stxrelid \
     FROM pg_depend d JOIN pg_statistic_ext s ON s.oid = d.objid \
     WHERE d.refclassid = 2615 AND d.refobjid = t.ns AND d.refobjsubid = 0 AND d.classid = 3381 AND s.stxnamespace = t.ns \
     AND EXISTS (SELECT FROM pg_statistic_ext)"
        .to_owned()
}

fn read(cells: &Cells<'_>, namespace: &Namespace, reading: &mut Reading) -> Result<(), String> {
    let oid: u32 = cells.get(1)?;
    if reading.is_extension_member(class::STATISTICS, oid) {
        return Ok(());
    }
    let id = ObjectId::new("statistics", [SmolStr::new(cells.get::<&str>(2)?)]).in_schema(namespace.schema.clone());
    let columns: Vec<String> = cells.get::<Option<Vec<String>>>(4)?.unwrap_or_default();
    let codes: Vec<String> = cells.get(6)?;
    let kept = [("f", "dependencies"), ("m", "mcv"), ("d", "ndistinct")];
    let mut kinds: Vec<String> =
        kept.iter().filter(|(code, _)| codes.iter().any(|kept| kept == code)).map(|kind| kind.1.to_owned()).collect();
    if kinds.len() == kept.len() {
        kinds.clear();
    }
    let expressions: Vec<String> = cells.get::<Option<Vec<String>>>(5)?.unwrap_or_default();
    let attributes = Attributes {
        relation: cells.get(3)?,
        columns: columns.into_iter().map(SmolStr::from).collect(),
        expressions: expressions.into_iter().map(printed::expression).collect(),
        kinds,
        target: Some(cells.get::<i32>(7)?).filter(|target| *target >= 0),
    };
    let relation = reading.relations.get(&cells.get::<u32>(8)?).map(|relation| relation.id.clone());
    reading.add((class::STATISTICS, oid, 0), object(id, &attributes, relation)?);
    Ok(())
}

pub(super) struct Statistics;

fn set_target(id: &ObjectId, target: Option<i32>) -> MigrationStep {
    let statement = format!("ALTER STATISTICS {} SET STATISTICS {}", outer_name(id), target.unwrap_or(-1));
    MigrationStep::alter(id, statement)
}

impl Kind for Statistics {
    fn name(&self) -> &'static str {
        "statistics"
    }

    fn rule(&self, change: &Change<'_>) -> Rule {
        if change.attribute == "target" { Rule::Alter } else { Rule::Replace }
    }

    fn rebinds(&self, _: &[Change<'_>], _: &ObjectId) -> bool {
        false
    }

    fn create(&self, object: &Object, _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let mut text = format!("CREATE STATISTICS {}", outer_name(&object.id));
        if !attributes.kinds.is_empty() {
            text.push_str(&format!(" ({})", attributes.kinds.join(", ")));
        }
        let columns = attributes.columns.iter().map(|name| identifier(name));
        let expressions = attributes.expressions.iter().map(|expression| format!("({expression})"));
        let elements: Vec<String> = columns.chain(expressions).collect();
        text.push_str(&format!(" ON {} FROM {}", elements.join(", "), attributes.relation));
        let step = MigrationStep::create(&object.id, text);
        let mut steps = vec![step.locking(format!("SHARE UPDATE EXCLUSIVE on {}", attributes.relation))];
        steps.extend(attributes.target.is_some().then(|| set_target(&object.id, attributes.target)));
        Ok(steps)
    }

    fn alter(&self, object: &Object, _: &[Change<'_>], _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        Ok(vec![set_target(&object.id, attributes.target)])
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let step = MigrationStep::drop(&object.id, format!("DROP STATISTICS {}", outer_name(&object.id)));
        Ok(vec![step.unmaking(super::comments_of(&object.id, sides.from))])
    }

    fn claims(&self, object: &Object) -> Vec<String> {
        vec![format!("statistics {}", outer_name(&object.id))]
    }
}
