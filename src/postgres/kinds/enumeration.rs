//! Enums. New values are put in place and in order; values never go in silence: removing or reordering one makes the
//! type anew under its columns.

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};

use super::super::catalog::{Cells, object};
use super::super::quote::{identifier, in_schema, last_part, literal, outer_name};
use super::table;
use crate::kind::{Change, Disturbance, Kind, Rule, Sides, attributes_of};
use crate::plan::{HazardKind, MigrationStep, PlanError};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    values: Vec<String>,
}

pub(super) fn read(cells: &Cells<'_>, id: ObjectId) -> Result<Object, String> {
    let values = cells.get::<Option<Vec<String>>>(5)?.unwrap_or_default();
    object(id, &Attributes { values }, [])
}

/// Whether the old values stand among the new ones in their order.
fn only_adds(before: &[String], after: &[String]) -> bool {
    let mut rest = after.iter();
    before.iter().all(|value| rest.any(|other| other == value))
}

fn values_of(value: Option<&serde_json::Value>) -> Vec<String> {
    value.and_then(|value| serde_json::from_value(value.clone()).ok()).unwrap_or_default()
}

pub(super) struct Enumeration;

impl Kind for Enumeration {
    fn name(&self) -> &'static str {
        "enum"
    }

    fn rule(&self, _: &Change<'_>) -> Rule {
        Rule::Alter
    }

    fn create(&self, object: &Object, _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        Ok(vec![MigrationStep::create(&object.id, create_statement(&outer_name(&object.id), &attributes))])
    }

    fn alter(&self, object: &Object, _: &[Change<'_>], sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let before: Attributes = sides.from.get(&object.id).map(attributes_of).transpose()?.unwrap_or_default();
        let after: Attributes = attributes_of(object)?;
        if only_adds(&before.values, &after.values) && !is_used_at_once(&object.id, &before, &after, sides) {
            return Ok(vec![add_values(&object.id, &before, &after)]);
        }
        Ok(vec![make_anew(object, &before, &after, sides)?])
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let step = MigrationStep::drop(&object.id, format!("DROP TYPE {}", outer_name(&object.id)));
        Ok(vec![step.unmaking(super::comments_of(&object.id, sides.from))])
    }

    fn disturbs(&self, changes: &[Change<'_>], dependent: &Object) -> Disturbance {
        let anew = changes.iter().any(|change| !only_adds(&values_of(change.from), &values_of(change.to)));
        if !anew {
            return Disturbance::None;
        }
        match dependent.id.kind.as_str() {
            "table" | "column" | "comment" => Disturbance::Through,
            _ => Disturbance::Recreate,
        }
    }

    fn claims(&self, object: &Object) -> Vec<String> {
        vec![super::type_name(&object.id)]
    }
}

fn create_statement(name: &str, attributes: &Attributes) -> String {
    let values: Vec<String> = attributes.values.iter().map(|value| literal(value)).collect();
    format!("CREATE TYPE {name} AS ENUM ({})", values.join(", "))
}

/// A value that was added in a transaction cannot be used before that ends (PostgreSQL manual, ALTER TYPE). A default,
/// a check or an index that speaks of one needs the type made anew.
fn is_used_at_once(id: &ObjectId, before: &Attributes, after: &Attributes, sides: &Sides<'_>) -> bool {
    let added: Vec<String> =
        after.values.iter().filter(|value| !before.values.contains(value)).map(|value| literal(value)).collect();
    let mentions = |object: &Object| {
        let unchanged = sides.from.get(&object.id).is_some_and(|old| old.attributes == object.attributes);
        let text = || serde_json::Value::Object(object.attributes.clone()).to_string();
        !unchanged && object.id.kind != "comment" && added.iter().any(|value| text().contains(value.as_str()))
    };
    let leans = |object: &&Object| leans_on(object, id, sides);
    sides.to.objects().iter().filter(leans).any(mentions)
}

/// Whether an object needs the type, or a column of the type.
fn leans_on(object: &Object, id: &ObjectId, sides: &Sides<'_>) -> bool {
    object.id != *id
        && object.needs.iter().any(|need| {
            need == id || (need.kind == "column" && sides.to.get(need).is_some_and(|column| column.needs.contains(id)))
        })
}

fn add_values(id: &ObjectId, before: &Attributes, after: &Attributes) -> MigrationStep {
    let name = outer_name(id);
    let mut statements = Vec::new();
    for (place, value) in after.values.iter().enumerate().filter(|(_, value)| !before.values.contains(value)) {
        let position = match place.checked_sub(1).and_then(|previous| after.values.get(previous)) {
            Some(previous) => format!(" AFTER {}", literal(previous)),
            // The first of all goes before the first of the old ones, where there are such.
            None => before.values.first().map_or_else(String::new, |first| format!(" BEFORE {}", literal(first))),
        };
        statements.push(format!("ALTER TYPE {name} ADD VALUE {}{position}", literal(value)));
    }
    let mut step = MigrationStep::alter(id, "");
    step.statements = statements;
    step
}

/// Renames the old type, makes the new one, and casts every column over by the values' text.
fn make_anew(
    object: &Object,
    before: &Attributes,
    after: &Attributes,
    sides: &Sides<'_>,
) -> Result<MigrationStep, PlanError> {
    let id = &object.id;
    let name = outer_name(id);
    let old_name = format!("{}_replaced", last_part(id));
    let old = in_schema(id.schema.as_ref(), &old_name);
    let mut step = MigrationStep::alter(id, format!("ALTER TYPE {name} RENAME TO {}", identifier(&old_name)));
    step = step.then(create_statement(&name, after));
    let columns = sides.from.of_kind("column").filter(|column| column.needs.contains(id));
    for column in columns {
        let Some(type_name) = column.attribute("type").and_then(serde_json::Value::as_str) else { continue };
        if column.attribute("inherited").is_some() {
            continue;
        }
        let column_name = identifier(last_part(&column.id));
        let array = if type_name.ends_with("[]") { "[]" } else { "" };
        let clause =
            format!("ALTER COLUMN {column_name} TYPE {type_name} USING {column_name}::text{array}::{type_name}");
        step = step.then(format!("{} {clause}", table::head(&column.id)));
        step.hazards.push(crate::plan::Hazard {
            kind: HazardKind::TableRewrite,
            object: column.id.clone(),
            detail: format!("the type {name} is made anew: every row is written again"),
        });
    }
    step = step.then(format!("DROP TYPE {old}"));
    let removed: Vec<&String> = before.values.iter().filter(|value| !after.values.contains(value)).collect();
    if removed.is_empty() {
        return Ok(step);
    }
    let removed = removed.into_iter().map(|value| literal(value)).collect::<Vec<_>>().join(", ");
    Ok(step.hazard(HazardKind::DataLoss, format!("the values {removed} go; rows that hold one stop the change")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adding_is_told_from_removing_and_reordering() {
        let check = |before: &[&str], after: &[&str], expected: bool| {
            let list = |values: &[&str]| values.iter().map(ToString::to_string).collect::<Vec<_>>();
            assert_eq!(only_adds(&list(before), &list(after)), expected, "{before:?} {after:?}");
        };
        check(&["a", "b"], &["x", "a", "y", "b", "z"], true);
        check(&["a", "b"], &["b", "a"], false);
        check(&["a", "b"], &["a"], false);
        check(&[], &["a"], true);
    }
}
