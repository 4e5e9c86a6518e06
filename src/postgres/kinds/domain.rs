//! Domains, with their constraints. One whose type changes is made anew under its columns, which stay.

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::catalog::{Cells, is_default, object};
use super::super::printed;
use super::super::quote::{identifier, last_part, outer_name};
use super::super::type_change::{self, Conversion};
use super::extension::{self, moves_under};
use super::not_null;
use super::remade_type::{self, Making, Recast};
use crate::kind::{Change, Disturbance, Kind, Release, Rule, Sides, attributes_of};
use crate::plan::{HazardKind, MigrationStep, PlanError};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    #[serde(rename = "type")]
    type_name: String,
    #[serde(skip_serializing_if = "is_default")]
    not_null: bool,
    /// The name of the constraint by which it is so, where it is not the one that the server chooses. Servers before
    /// PostgreSQL 17 have no such names.
    #[serde(skip_serializing_if = "is_default")]
    not_null_name: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    default: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    collation: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    constraints: Vec<DomainConstraint>,
    #[serde(skip_serializing_if = "is_default")]
    shadowed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DomainConstraint {
    name: String,
    /// As the server prints it: `CHECK ((VALUE > 0))`, with NOT VALID where that is so.
    definition: String,
}

pub(super) fn read(cells: &Cells<'_>, id: ObjectId) -> Result<Object, String> {
    let names: Vec<String> = cells.get::<Option<Vec<String>>>(10)?.unwrap_or_default();
    let definitions: Vec<String> = cells.get::<Option<Vec<String>>>(11)?.unwrap_or_default();
    let constraint = |(name, definition)| DomainConstraint { name, definition: printed::expression(definition) };
    let not_null_name: Option<String> = cells.get(18)?;
    let attributes = Attributes {
        type_name: cells.get::<Option<String>>(6)?.unwrap_or_default(),
        not_null: cells.get(7)?,
        not_null_name: not_null_name.filter(|name| *name != own_name(&id)),
        default: cells.get::<Option<String>>(8)?.map(printed::expression),
        collation: cells.get(9)?,
        constraints: names.into_iter().zip(definitions).map(constraint).collect(),
        shadowed: false,
    };
    object(id, &attributes, [])
}

/// The name that the server gives to the constraint of NOT NULL.
fn own_name(id: &ObjectId) -> String {
    not_null::chosen_name(&[last_part(id)])
}

pub(super) struct Domain;

impl Kind for Domain {
    fn name(&self) -> &'static str {
        "domain"
    }

    fn rule(&self, change: &Change<'_>) -> Rule {
        if change.attribute == super::SHADOWED { Rule::Cosmetic } else { Rule::Alter }
    }

    fn create(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let mut step = MigrationStep::create(&object.id, "");
        step.statements = create_statements(&outer_name(&object.id), &attributes);
        Ok(super::found_by_bare_name(object, sides, vec![step]))
    }

    fn alter(
        &self,
        object: &Object,
        changes: &[Change<'_>],
        sides: &Sides<'_>,
    ) -> Result<Vec<MigrationStep>, PlanError> {
        let id = &object.id;
        let before: Attributes = sides.from.get(id).map(attributes_of).transpose()?.unwrap_or_default();
        let after: Attributes = attributes_of(object)?;
        let name = outer_name(id);
        if is_made_anew(id, changes, sides) {
            let steps = make_anew(id, &before, &after, sides)?;
            return Ok(super::found_by_bare_name(object, sides, steps));
        }
        let mut steps = Vec::new();
        for old in before.constraints.iter().filter(|old| !after.constraints.contains(old)) {
            // Where it is made anew with a type that it is of, it has none that goes.
            let statement = format!("ALTER DOMAIN {name} DROP CONSTRAINT IF EXISTS {}", identifier(&old.name));
            steps.push(MigrationStep::alter(id, statement));
        }
        if changes.iter().any(|change| change.attribute == "default") {
            let clause =
                after.default.as_ref().map_or_else(|| "DROP DEFAULT".to_owned(), |text| format!("SET DEFAULT {text}"));
            steps.push(MigrationStep::alter(id, format!("ALTER DOMAIN {name} {clause}")));
        }
        if before.not_null != after.not_null {
            let word = if after.not_null { "SET" } else { "DROP" };
            let named = after.not_null_name.as_ref().filter(|_| after.not_null);
            let clause = named.map_or_else(
                || format!("{word} NOT NULL"),
                |name| format!("ADD CONSTRAINT {} NOT NULL", identifier(name)),
            );
            steps.push(scanning(MigrationStep::alter(id, format!("ALTER DOMAIN {name} {clause}"))));
        } else if before.not_null_name != after.not_null_name {
            let [old, new] = [&before, &after].map(|side| side.not_null_name.clone().unwrap_or_else(|| own_name(id)));
            let clause = format!("RENAME CONSTRAINT {} TO {}", identifier(&old), identifier(&new));
            steps.push(MigrationStep::alter(id, format!("ALTER DOMAIN {name} {clause}")));
        }
        for new in after.constraints.iter().filter(|new| !before.constraints.contains(new)) {
            steps.push(scanning(MigrationStep::alter(id, add(&name, new))));
        }
        Ok(super::found_by_bare_name(object, sides, steps))
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let step = MigrationStep::drop(&object.id, format!("DROP DOMAIN {}", outer_name(&object.id)))
            .after(remade_type::ends_of_old_forms_of(&object.id, sides));
        let comments: Vec<ObjectId> = super::comments_within(&object.id, sides.from).collect();
        Ok(super::found_by_bare_name(object, sides, vec![step.unmaking(comments)]))
    }

    fn disturbs(&self, changes: &[Change<'_>], dependent: &Object, sides: &Sides<'_>) -> Disturbance {
        if changes.first().is_some_and(|change| is_made_anew(&change.object.id, changes, sides)) {
            return remade_type::disturbs(dependent, sides);
        }
        let changes_constraints =
            changes.iter().any(|change| matches!(change.attribute, "constraints" | "not_null" | "not_null_name"));
        if is_on_constraint(dependent) && changes_constraints { Disturbance::Recreate } else { Disturbance::None }
    }

    /// Only constraints and defaults speak of routines and operators.
    fn can_let_go(&self, object: &Object, need: &ObjectId, sides: &Sides<'_>) -> bool {
        let is_spoken_of = matches!(need.kind.as_str(), "function" | "operator" | "aggregate");
        let stays = sides.to.get(&object.id).is_some_and(|to| to.attributes == object.attributes);
        is_spoken_of && stays && !has_hidden_values(&object.id, sides)
    }

    fn release(&self, object: &Object, _: &[&ObjectId], sides: &Sides<'_>) -> Result<Release, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let (id, name) = (&object.id, outer_name(&object.id));
        let drop = |each: &DomainConstraint| format!("ALTER DOMAIN {name} DROP CONSTRAINT {}", identifier(&each.name));
        let mut before: Vec<String> = attributes.constraints.iter().map(drop).collect();
        let mut after: Vec<String> = Vec::new();
        if let Some(default) = &attributes.default {
            before.push(format!("ALTER DOMAIN {name} DROP DEFAULT"));
            after.push(format!("ALTER DOMAIN {name} SET DEFAULT {default}"));
        }
        after.extend(attributes.constraints.iter().map(|constraint| add(&name, constraint)));
        let steps = |statements: Vec<String>| {
            let steps = statements.into_iter().map(|statement| MigrationStep::alter(id, statement)).collect();
            super::found_by_bare_name(object, sides, steps)
        };
        Ok(Release { before: steps(before), after: steps(after).into_iter().map(scanning).collect() })
    }

    fn release_disturbs(&self, dependent: &Object) -> bool {
        is_on_constraint(dependent)
    }

    fn displaces(&self, object: &Object, sides: &Sides<'_>) -> Vec<ObjectId> {
        if has_other_base(&object.id, sides) { remade_type::displaced(&object.id, sides) } else { Vec::new() }
    }

    fn claims(&self, object: &Object) -> Vec<String> {
        vec![super::type_name(&object.id)]
    }
}

/// A constraint that is dropped and added again loses its comment.
fn is_on_constraint(dependent: &Object) -> bool {
    dependent.id.kind == "comment" && dependent.attribute("part").is_some()
}

/// What the values are made of changes only with the type. A new constraint is proven of the values in columns, while the
/// server refuses to look into arrays and rows (`ALTER DOMAIN` answers that a column uses it): casting them over does.
fn is_made_anew(id: &ObjectId, changes: &[Change<'_>], sides: &Sides<'_>) -> bool {
    let constrains = |change: &Change<'_>| {
        let list = |value: Option<&Value>| -> Vec<DomainConstraint> {
            value.and_then(|value| serde_json::from_value(value.clone()).ok()).unwrap_or_default()
        };
        let before = list(change.from);
        match change.attribute {
            "constraints" => list(change.to).iter().any(|new| !before.contains(new) && is_proven(new)),
            "not_null" => change.to.is_some(),
            _ => false,
        }
    };
    let is_of_base_type = |change: &Change<'_>| matches!(change.attribute, "type" | "collation");
    (changes.iter().any(is_of_base_type) && has_other_base(id, sides))
        || (changes.iter().any(constrains) && has_hidden_values(id, sides))
}

/// Whether the domain is over another type. One that moves with its extension is the same.
fn has_other_base(id: &ObjectId, sides: &Sides<'_>) -> bool {
    let (Some(before), Some(after)) = (sides.from.get(id), sides.to.get(id)) else { return false };
    let base = |object: &Object| object.attribute("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let is_moved = || extension::moves_type(after, &base(before), &base(after), sides);
    before.attribute("collation") != after.attribute("collation") || (base(before) != base(after) && !is_moved())
}

/// Whether values of the domain are inside arrays, rows, or other domains.
fn has_hidden_values(id: &ObjectId, sides: &Sides<'_>) -> bool {
    let printed = |column: &Object| column.attribute("type").and_then(Value::as_str).map(str::to_owned);
    let is_array = |column: &Object| printed(column).is_some_and(|text| text.ends_with("[]"));
    remade_type::columns(id, sides).any(is_array)
        || remade_type::containers(id, sides)
            .iter()
            .any(|type_| remade_type::columns(&type_.id, sides).next().is_some())
}

fn is_proven(constraint: &DomainConstraint) -> bool {
    !constraint.definition.ends_with("NOT VALID")
}

fn create_statements(name: &str, attributes: &Attributes) -> Vec<String> {
    let mut text = format!("CREATE DOMAIN {name} AS {}", attributes.type_name);
    if let Some(collation) = &attributes.collation {
        text.push_str(&format!(" COLLATE {collation}"));
    }
    if let Some(default) = &attributes.default {
        text.push_str(&format!(" DEFAULT {default}"));
    }
    if attributes.not_null {
        let named = attributes.not_null_name.as_ref().map(|name| format!(" CONSTRAINT {}", identifier(name)));
        text.push_str(&format!("{} NOT NULL", named.unwrap_or_default()));
    }
    for DomainConstraint { name, definition } in attributes.constraints.iter().filter(|each| is_proven(each)) {
        text.push_str(&format!(" CONSTRAINT {} {definition}", identifier(name)));
    }
    let unproven = attributes.constraints.iter().filter(|each| !is_proven(each));
    std::iter::once(text).chain(unproven.map(|constraint| add(name, constraint))).collect()
}

/// Makes the domain anew over its new type, casting every column over.
fn make_anew(
    id: &ObjectId,
    before: &Attributes,
    after: &Attributes,
    sides: &Sides<'_>,
) -> Result<Vec<MigrationStep>, PlanError> {
    let change = format!("{} becomes {}", before.type_name, after.type_name);
    let base = &before.type_name;
    // What the old base type is called while its extension moves depends on the moment; its text does not.
    let is_moving = [sides.from, sides.to].iter().filter_map(|side| side.get(id)).any(|it| moves_under(it, sides));
    let recast = |column: &str, is_array: bool| {
        let loss = format!("{change}: values that do not fit are lost or stop the change");
        let conversion_of =
            |array: &str| type_change::conversion(&format!("{base}{array}"), &format!("{}{array}", after.type_name));
        let loss_of = |conversion: &Conversion| matches!(conversion, Conversion::Narrowing { .. }).then_some(loss);
        // There are no arrays of arrays.
        let nests = is_array && (base.ends_with("[]") || after.type_name.ends_with("[]"));
        if nests || is_moving {
            return Recast { loss: loss_of(&conversion_of("")), ..Recast::by_text(column, &outer_name(id), is_array) };
        }
        let array = if is_array { "[]" } else { "" };
        let conversion = conversion_of(array);
        let value = format!("({column}::{base}{array})");
        Recast { value: conversion.value_of(&value).unwrap_or(value), loss: loss_of(&conversion) }
    };
    let making = Making { made: create_statements(&outer_name(id), after), recast: &recast, cast: None };
    remade_type::remake(id, making, sides)
}

/// Whether some values of its type are none of its own.
pub(super) fn has_conditions(domain: &Object) -> bool {
    domain.attribute("not_null").is_some() || domain.attribute("constraints").is_some()
}

fn add(name: &str, constraint: &DomainConstraint) -> String {
    format!("ALTER DOMAIN {name} ADD CONSTRAINT {} {}", identifier(&constraint.name), constraint.definition)
}

fn scanning(step: MigrationStep) -> MigrationStep {
    step.hazard(HazardKind::TableScan, "every column of the domain is read to see that its values fit")
}
