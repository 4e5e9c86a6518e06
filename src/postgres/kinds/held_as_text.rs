//! Columns whose type is dropped and made again, as something that it leans on is: their values wait as text meanwhile.

use schema_sync_store::{Object, ObjectId};

use super::super::quote::{identifier, last_part};
use super::column::{self, Attributes};
use super::{column_change, foreign_table, lineage, typed_table};
use crate::kind::{Release, Sides, attributes_of};
use crate::plan::{HazardKind, PlanError};

/// Whether the values of a column can wait while a need of it is made anew.
pub(super) fn can_wait(column: &Object, need: &ObjectId, sides: &Sides<'_>) -> bool {
    if column.attribute("generated").is_some() {
        return false;
    }
    match need.kind.as_str() {
        "domain" | "range_type" | "extension" => true,
        // The text of a row says nothing of its parts' names.
        "composite_type" | "view" | "materialized_view" => {
            let attributes = |side: &schema_sync_store::SchemaSnapshot| side.get(need).map(|it| it.attributes.clone());
            attributes(sides.from) == attributes(sides.to)
        }
        _ => false,
    }
}

/// The steps that bring a column's values to text and back. Those of children and partitions follow their parents'.
pub(super) fn release(column: &Object, needs: &[&ObjectId], sides: &Sides<'_>) -> Result<Release, PlanError> {
    let id = &column.id;
    let before: Attributes = sides.from.get(id).map(attributes_of).transpose()?.unwrap_or_default();
    let after: Attributes = attributes_of(column)?;
    // One that leaves meanwhile and comes back does not follow.
    if before.inherited && after.inherited && !lineage::is_moved(&lineage::table_of(id), sides) {
        return Ok(Release::default());
    }
    lineage::refuse_partition_key(id, sides)?;
    let name = identifier(last_part(id));
    let typed = |type_name: &str, collation: &str| {
        // The values of a foreign table are elsewhere.
        let using =
            if foreign_table::is_foreign(id, sides) { String::new() } else { format!(" USING {name}::{type_name}") };
        column::altering(id, &format!("TYPE {type_name}{collation}{using}"))
    };
    let list: Vec<String> = needs.iter().map(ToString::to_string).collect();
    let detail =
        format!("its values wait as text while {} is made anew: every row is written again, twice", list.join(", "));
    let let_go = typed("text", "").after([typed_table::release_of(&lineage::table_of(id))]);
    let let_go = let_go.after([lineage::departure(&lineage::table_of(id))]);
    let let_go = let_go.hazard(HazardKind::TableRewrite, detail);
    let collation = after.collation.as_ref().map_or_else(String::new, |name| format!(" COLLATE {name}"));
    let mut take_hold = typed(&after.type_name, &collation);
    let differs = |need: &&&ObjectId| {
        let attributes = |side: &schema_sync_store::SchemaSnapshot| side.get(need).map(|it| it.attributes.clone());
        need.kind != "extension" && attributes(sides.from) != attributes(sides.to)
    };
    if let Some(need) = needs.iter().find(differs) {
        take_hold =
            take_hold.hazard(HazardKind::DataLoss, format!("{need} changes: values that do not fit stop the change"));
    }
    let mut steps = vec![take_hold];
    // A change of type sets these to what is usual for the type.
    let reset = Attributes { storage: None, compression: None, ..after.clone() };
    steps.extend(column_change::extras(id, &reset, &after, sides));
    Ok(Release { before: vec![let_go], after: steps })
}

/// Whether something cannot stay on a column whose values wait as text.
pub(super) fn disturbs(dependent: &Object) -> bool {
    match dependent.id.kind.as_str() {
        "comment" | "sequence" | "table" => false,
        "column" => dependent.attribute("generated").is_some(),
        _ => true,
    }
}
