//! Enums. New values are put in place and in order; values never go in silence: removing or reordering one makes the
//! type anew under its columns.

use schema_sync_store::{Object, ObjectId, SchemaSnapshot};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::catalog::{Cells, is_default, object};
use super::super::quote::{literal, outer_name};
use super::remade_type::{self, Making, Recast};
use crate::kind::{Change, Disturbance, Kind, Rule, Sides, attributes_of};
use crate::plan::{Hazard, HazardKind, MigrationStep, PlanError};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    values: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    shadowed: bool,
}

pub(super) fn read(cells: &Cells<'_>, id: ObjectId) -> Result<Object, String> {
    let values = cells.get::<Option<Vec<String>>>(5)?.unwrap_or_default();
    object(id, &Attributes { values, shadowed: false }, [])
}

/// Whether the old values stand among the new ones in their order.
fn only_adds(before: &[String], after: &[String]) -> bool {
    let mut rest = after.iter();
    before.iter().all(|value| rest.any(|other| other == value))
}

/// The values that are taken to have other names now: between two values that stay, or before the first, or behind the
/// last, as many come as go.
fn renames<'a>(before: &'a [String], after: &'a [String]) -> Vec<(&'a String, &'a String)> {
    let stays = |value: &&String| before.contains(value) && after.contains(value);
    if !before.iter().filter(stays).eq(after.iter().filter(stays)) {
        return Vec::new();
    }
    let old = before.split(|value| after.contains(value));
    let new = after.split(|value| before.contains(value));
    let gaps = old.zip(new).filter(|(old, new)| old.len() == new.len());
    gaps.flat_map(|(old, new)| old.iter().zip(new)).collect()
}

/// The old values under their new names.
fn renamed(before: &[String], after: &[String]) -> Vec<String> {
    let renames = renames(before, after);
    let new = |value: &String| renames.iter().find(|(old, _)| *old == value).map_or(value, |(_, new)| *new).clone();
    before.iter().map(new).collect()
}

/// A value under another name can be used at once. That it is another name, and not another value, is a guess.
fn rename_value(id: &ObjectId, (old, new): &(&String, &String), sides: &Sides<'_>) -> MigrationStep {
    let statement = format!("ALTER TYPE {} RENAME VALUE {} TO {}", outer_name(id), literal(old), literal(new));
    let detail = format!("the value {} becomes {}, also in all rows that hold it", literal(old), literal(new));
    let mut step = MigrationStep::alter(id, statement).hazard(HazardKind::DataLoss, detail.clone());
    let hazard = |column: &Object| {
        let (kind, object) = (HazardKind::DataLoss, column.id.clone());
        Hazard { kind, object, detail: detail.clone() }
    };
    step.hazards.extend(remade_type::columns(id, sides).map(hazard));
    step
}

fn values_of(value: Option<&Value>) -> Vec<String> {
    value.and_then(|value| serde_json::from_value(value.clone()).ok()).unwrap_or_default()
}

pub(super) struct Enumeration;

impl Kind for Enumeration {
    fn name(&self) -> &'static str {
        "enum"
    }

    fn rule(&self, change: &Change<'_>) -> Rule {
        if change.attribute == super::SHADOWED { Rule::Cosmetic } else { Rule::Alter }
    }

    fn create(&self, object: &Object, _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        Ok(vec![MigrationStep::create(&object.id, create_statement(&outer_name(&object.id), &attributes))])
    }

    fn alter(&self, object: &Object, _: &[Change<'_>], sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let mut before: Attributes = sides.from.get(&object.id).map(attributes_of).transpose()?.unwrap_or_default();
        let after: Attributes = attributes_of(object)?;
        let renames = renames(&before.values, &after.values);
        let mut steps: Vec<MigrationStep> =
            renames.iter().map(|rename| rename_value(&object.id, rename, sides)).collect();
        before.values = renamed(&before.values, &after.values);
        if is_made_anew(&object.id, &before.values, &after.values, sides) {
            steps.extend(make_anew(object, &before, &after, sides)?);
        } else if before.values != after.values {
            steps.push(add_values(&object.id, &before, &after));
        }
        Ok(super::found_by_bare_name(object, sides, steps))
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let step = MigrationStep::drop(&object.id, format!("DROP TYPE {}", outer_name(&object.id)))
            .after(remade_type::ends_of_old_forms_of(&object.id, sides));
        let step = step.unmaking(super::comments_of(&object.id, sides.from));
        Ok(super::found_by_bare_name(object, sides, vec![step]))
    }

    fn disturbs(&self, changes: &[Change<'_>], dependent: &Object, sides: &Sides<'_>) -> Disturbance {
        let is_made_anew = |change: &Change<'_>| {
            let (before, after) = (values_of(change.from), values_of(change.to));
            is_made_anew(&change.object.id, &renamed(&before, &after), &after, sides)
        };
        if changes.iter().any(is_made_anew) { remade_type::disturbs(dependent, sides) } else { Disturbance::None }
    }

    fn displaces(&self, object: &Object, sides: &Sides<'_>) -> Vec<ObjectId> {
        let values = |side: &SchemaSnapshot| values_of(side.get(&object.id).and_then(|it| it.attribute("values")));
        let (before, after) = (values(sides.from), values(sides.to));
        let stays = sides.from.get(&object.id).is_some() && sides.to.get(&object.id).is_some();
        let is_anew = stays && before != after && is_made_anew(&object.id, &before, &after, sides);
        if is_anew { remade_type::displaced(&object.id, sides) } else { Vec::new() }
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
/// a check or an index that speaks of one needs the type made anew, as does every other change than adding.
fn is_made_anew(id: &ObjectId, before: &[String], after: &[String], sides: &Sides<'_>) -> bool {
    if !only_adds(before, after) {
        return true;
    }
    let added: Vec<&String> = after.iter().filter(|value| !before.contains(value)).collect();
    let uses_one = |object: &Object| {
        let is_new = sides.from.get(&object.id).is_none_or(|old| old.attributes != object.attributes);
        let mentions = |attribute: &Value| added.iter().any(|value| attribute_mentions(attribute, value));
        is_new && object.id.kind != "comment" && object.attributes.values().any(mentions)
    };
    sides.to.objects().iter().filter(|object| leans_on(object, id, sides)).any(uses_one)
}

/// Whether some text speaks of a value, as a word of its own.
fn attribute_mentions(attribute: &Value, value: &str) -> bool {
    match attribute {
        Value::String(text) => super::mentions(&text.replace("''", "'"), value),
        Value::Array(items) => items.iter().any(|item| attribute_mentions(item, value)),
        Value::Object(fields) => fields.values().any(|field| attribute_mentions(field, value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Whether an object needs the type, or a column of the type; a partition's bound speaks of its columns' values.
fn leans_on(object: &Object, id: &ObjectId, sides: &Sides<'_>) -> bool {
    let is_of_type = |column: &Object| column.id.kind == "column" && column.needs.contains(id);
    let needs_column = || object.needs.iter().filter_map(|need| sides.to.get(need)).any(is_of_type);
    let has_column = || object.id.kind == "table" && sides.to.parts("column", &object.id).any(is_of_type);
    object.id != *id && (object.needs.contains(id) || needs_column() || has_column())
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

/// Makes the type anew, casting every column over by the values' text.
fn make_anew(
    object: &Object,
    before: &Attributes,
    after: &Attributes,
    sides: &Sides<'_>,
) -> Result<Vec<MigrationStep>, PlanError> {
    let id = &object.id;
    let name = outer_name(id);
    let removed: Vec<&String> = before.values.iter().filter(|value| !after.values.contains(value)).collect();
    let list = removed.iter().map(|value| literal(value)).collect::<Vec<_>>().join(", ");
    let without = |column: &str, is_array: bool| {
        if removed.is_empty() {
            return Recast::by_text(column, &name, is_array);
        }
        let value = if is_array {
            let remove = |kept: String, value: &&String| format!("array_remove({kept}, {})", literal(value));
            format!("{}::{name}[]", removed.iter().fold(format!("{column}::text[]"), remove))
        } else {
            format!("CASE WHEN {column}::text NOT IN ({list}) THEN {column}::text::{name} END")
        };
        let becomes = if is_array { "are taken out of its arrays" } else { "become null" };
        Recast { value, loss: Some(format!("the values {list} {becomes}")) }
    };
    let making = Making { made: vec![create_statement(&name, after)], recast: &without, cast: None };
    let mut steps = remade_type::remake(id, making, sides)?;
    if let Some(step) = steps.first_mut().filter(|_| !removed.is_empty()) {
        let (kind, detail) = (HazardKind::DataLoss, format!("the values {list} go"));
        step.hazards.push(Hazard { kind, object: id.clone(), detail });
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_values_in_one_place_are_renamed() {
        let check = |before: &[&str], after: &[&str], expected: &[&str]| {
            let list = |values: &[&str]| values.iter().map(ToString::to_string).collect::<Vec<_>>();
            assert_eq!(renamed(&list(before), &list(after)), list(expected), "{before:?} {after:?}");
        };
        check(&["a", "b", "c"], &["x", "b", "y"], &["x", "b", "y"]);
        check(&["a", "b", "c"], &["x", "y", "c"], &["x", "y", "c"]);
        check(&["a", "b", "c"], &["b", "c", "a"], &["a", "b", "c"]);
        check(&["a", "b", "c"], &["x", "y", "b", "c"], &["a", "b", "c"]);
        check(&["a", "b"], &["a", "b", "c"], &["a", "b"]);
    }

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
