//! Types that are made anew under their columns: the old one is renamed, the new one made, every column cast over, and the
//! old one dropped. Does not know what sort of type it is.

use schema_sync_store::{Object, ObjectId};

use super::super::quote::{identifier, in_schema, last_part, outer_name};
use super::{lineage, table};
use crate::kind::{Change, Disturbance, Sides};
use crate::plan::{Hazard, HazardKind, MigrationStep, PlanError};

/// What becomes of one column of the type.
pub(super) struct Recast {
    /// What to cast the column's value to before it is assigned to the new type.
    pub(super) through: String,
    /// Why its values may be lost, where they may.
    pub(super) loss: Option<String>,
}

/// The columns of a type that stay while it is made anew, in tables of their own: those of partitions and children
/// follow their parents'.
pub(super) fn columns<'a>(id: &'a ObjectId, sides: &Sides<'a>) -> impl Iterator<Item = &'a Object> {
    let sides = *sides;
    sides.from.of_kind("column").filter(move |column| column.needs.contains(id) && stays(column, &sides))
}

/// The tables that are partitioned by columns of the type, which are made anew with it.
pub(super) fn displaced(id: &ObjectId, sides: &Sides<'_>) -> Vec<ObjectId> {
    let columns = sides.from.of_kind("column").filter(|column| column.needs.contains(id));
    let keys = columns.filter(|column| lineage::is_partition_key(&column.id, sides));
    let tables = keys.map(|column| lineage::table_of(&column.id));
    tables.filter(|table| sides.to.get(table).is_some()).collect()
}

fn stays(column: &Object, sides: &Sides<'_>) -> bool {
    let strategy = |side: &schema_sync_store::SchemaSnapshot| {
        let table = side.get(&column.id.sibling("table", [column.id.name[0].clone()]));
        table.map(|table| table.attribute("partition_by").cloned())
    };
    if lineage::is_partition_key(&column.id, sides) {
        return false;
    }
    let is_own = |column: &Object| column.attribute("inherited").is_none() && column.attribute("generated").is_none();
    is_own(column) && sides.to.get(&column.id).is_some_and(is_own) && strategy(sides.from) == strategy(sides.to)
}

/// The step that makes a type anew. `made` are the statements that make the new one.
pub(super) fn remake(
    id: &ObjectId,
    made: Vec<String>,
    sides: &Sides<'_>,
    recast: impl Fn(bool) -> Recast,
) -> Result<MigrationStep, PlanError> {
    let name = outer_name(id);
    let old_name = format!("{}_replaced", last_part(id));
    let old = in_schema(id.schema.as_ref(), &old_name);
    let mut step = MigrationStep::alter(id, format!("ALTER TYPE {name} RENAME TO {}", identifier(&old_name)));
    step.statements.extend(made);
    for column in columns(id, sides) {
        let printed = column.attribute("type").and_then(serde_json::Value::as_str).unwrap_or_default();
        let is_array = printed.ends_with("[]");
        let Recast { through, loss } = recast(is_array);
        let column_name = identifier(last_part(&column.id));
        let array = if is_array { "[]" } else { "" };
        let clause = format!("ALTER COLUMN {column_name} TYPE {name}{array} USING {column_name}::{through}");
        step.statements.push(format!("{} {clause}", table::head(&column.id)));
        let mut hazard = |kind, detail| step.hazards.push(Hazard { kind, object: column.id.clone(), detail });
        hazard(HazardKind::TableRewrite, format!("the type {name} is made anew: every row is written again"));
        loss.into_iter().for_each(|detail| hazard(HazardKind::DataLoss, detail));
    }
    Ok(step.then(format!("DROP TYPE {old}")))
}

/// What making a type anew means for what needs it: columns stay, and comments on them. The type's own comment goes.
pub(super) fn disturbs(changes: &[Change<'_>], dependent: &Object) -> Disturbance {
    let is_on_type = |change: &Change<'_>| dependent.needs.contains(&change.object.id);
    match dependent.id.kind.as_str() {
        "column" if dependent.attribute("generated").is_some() => Disturbance::Recreate,
        "comment" | "grant" | "owner" if changes.iter().any(is_on_type) => Disturbance::Recreate,
        "table" | "column" | "comment" | "grant" | "owner" | "sequence" => Disturbance::Through,
        _ => Disturbance::Recreate,
    }
}
