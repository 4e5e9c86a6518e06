//! Domains, with their constraints. One whose type changes is made anew under its columns, which stay.

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};

use super::super::catalog::{Cells, is_default, object};
use super::super::quote::{identifier, last_part, outer_name};
use super::super::type_change::{self, Conversion};
use super::not_null;
use super::remade_type::{self, Recast};
use crate::kind::{Change, Disturbance, Kind, Rule, Sides, attributes_of};
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
    let constraint = |(name, definition)| DomainConstraint { name, definition };
    let not_null_name: Option<String> = cells.get(18)?;
    let attributes = Attributes {
        type_name: cells.get::<Option<String>>(6)?.unwrap_or_default(),
        not_null: cells.get(7)?,
        not_null_name: not_null_name.filter(|name| *name != own_name(&id)),
        default: cells.get(8)?,
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
        if changes.iter().any(is_of_base_type) {
            let step = make_anew(id, &before, &after, sides)?;
            return Ok(super::found_by_bare_name(object, sides, vec![step]));
        }
        let adds = after.constraints.iter().any(|new| !before.constraints.contains(new) && is_proven(new));
        if adds || (after.not_null && !before.not_null) {
            refuse_hidden_values(id, sides)?;
        }
        let mut steps = Vec::new();
        for old in before.constraints.iter().filter(|old| !after.constraints.contains(old)) {
            let statement = format!("ALTER DOMAIN {name} DROP CONSTRAINT {}", identifier(&old.name));
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
        let step = MigrationStep::drop(&object.id, format!("DROP DOMAIN {}", outer_name(&object.id)));
        let comments: Vec<ObjectId> = sides.from.parts("comment", &object.id).map(|part| part.id.clone()).collect();
        Ok(super::found_by_bare_name(object, sides, vec![step.unmaking(comments)]))
    }

    fn disturbs(&self, changes: &[Change<'_>], dependent: &Object, _: &Sides<'_>) -> Disturbance {
        if changes.iter().any(is_of_base_type) {
            return remade_type::disturbs(changes, dependent);
        }
        // A constraint that is dropped and added again loses its comment.
        let is_on_constraint = dependent.id.kind == "comment" && dependent.attribute("part").is_some();
        let changes_constraints =
            changes.iter().any(|change| matches!(change.attribute, "constraints" | "not_null" | "not_null_name"));
        if is_on_constraint && changes_constraints { Disturbance::Recreate } else { Disturbance::None }
    }

    fn displaces(&self, object: &Object, sides: &Sides<'_>) -> Vec<ObjectId> {
        let (Some(before), Some(after)) = (sides.from.get(&object.id), sides.to.get(&object.id)) else {
            return Vec::new();
        };
        let is_anew = ["type", "collation"].iter().any(|name| before.attribute(name) != after.attribute(name));
        if is_anew { remade_type::displaced(&object.id, sides) } else { Vec::new() }
    }

    fn claims(&self, object: &Object) -> Vec<String> {
        vec![super::type_name(&object.id)]
    }
}

/// What the values are made of changes only with the type.
fn is_of_base_type(change: &Change<'_>) -> bool {
    matches!(change.attribute, "type" | "collation")
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
) -> Result<MigrationStep, PlanError> {
    let change = format!("{} becomes {}", before.type_name, after.type_name);
    let (through, loss) = match type_change::conversion(&before.type_name, &after.type_name) {
        Conversion::Lossless { .. } => (None, None),
        Conversion::Narrowing { using } => {
            (using, Some(format!("{change}: values that do not fit are lost or stop the change")))
        }
    };
    let base = &before.type_name;
    let recast = |is_array: bool| {
        if is_array && (base.ends_with("[]") || after.type_name.ends_with("[]")) {
            // There are no arrays of arrays.
            return Recast { through: format!("text[]::{}[]", outer_name(id)), loss: loss.clone() };
        }
        let array = if is_array { "[]" } else { "" };
        let behind = through.as_ref().map_or_else(String::new, |through| format!("::{through}{array}"));
        Recast { through: format!("{base}{array}{behind}"), loss: loss.clone() }
    };
    remade_type::remake(id, create_statements(&outer_name(id), after), sides, recast)
}

/// The server cannot prove a new constraint of a domain where values are inside arrays or rows (`ALTER DOMAIN` answers
/// that a column uses it).
fn refuse_hidden_values(id: &ObjectId, sides: &Sides<'_>) -> Result<(), PlanError> {
    let printed = |column: &Object| column.attribute("type").and_then(serde_json::Value::as_str).map(str::to_owned);
    let is_hidden = |column: &Object| printed(column).is_some_and(|text| text.ends_with("[]"));
    let array = remade_type::columns(id, sides).find(|column| is_hidden(column));
    let Some(column) = array.or_else(|| column_around(id, sides)) else { return Ok(()) };
    let reason = format!(
        "its new constraint cannot be proven, as {} holds values of it within others: change that column's type first, \
         or add the constraint as NOT VALID",
        column.id
    );
    Err(PlanError::Refused { object: id.clone(), reason })
}

/// A column of a type that is made of a type: of a composite with a field of it.
fn column_around<'a>(id: &ObjectId, sides: &Sides<'a>) -> Option<&'a Object> {
    let composites = sides.from.of_kind("composite_type").filter(|composite| composite.needs.contains(id));
    composites.into_iter().find_map(|composite| {
        let column = sides.from.of_kind("column").find(|column| column.needs.contains(&composite.id));
        column.or_else(|| column_around(&composite.id, sides))
    })
}

fn add(name: &str, constraint: &DomainConstraint) -> String {
    format!("ALTER DOMAIN {name} ADD CONSTRAINT {} {}", identifier(&constraint.name), constraint.definition)
}

fn scanning(step: MigrationStep) -> MigrationStep {
    step.hazard(HazardKind::TableScan, "every column of the domain is read to see that its values fit")
}
