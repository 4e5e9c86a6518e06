//! Domains, with their constraints.

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};

use super::super::catalog::{Cells, is_default, object};
use super::super::quote::{identifier, outer_name};
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{HazardKind, MigrationStep, PlanError};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    #[serde(rename = "type")]
    type_name: String,
    #[serde(skip_serializing_if = "is_default")]
    not_null: bool,
    #[serde(skip_serializing_if = "is_default")]
    default: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    collation: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    constraints: Vec<DomainConstraint>,
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
    let attributes = Attributes {
        type_name: cells.get::<Option<String>>(6)?.unwrap_or_default(),
        not_null: cells.get(7)?,
        default: cells.get(8)?,
        collation: cells.get(9)?,
        constraints: names.into_iter().zip(definitions).map(constraint).collect(),
    };
    object(id, &attributes, [])
}

pub(super) struct Domain;

impl Kind for Domain {
    fn name(&self) -> &'static str {
        "domain"
    }

    fn rule(&self, change: &Change<'_>) -> Rule {
        match change.attribute {
            "type" | "collation" => Rule::Replace,
            _ => Rule::Alter,
        }
    }

    fn create(&self, object: &Object, _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let name = outer_name(&object.id);
        let mut text = format!("CREATE DOMAIN {name} AS {}", attributes.type_name);
        if let Some(collation) = &attributes.collation {
            text.push_str(&format!(" COLLATE {collation}"));
        }
        if let Some(default) = &attributes.default {
            text.push_str(&format!(" DEFAULT {default}"));
        }
        if attributes.not_null {
            text.push_str(" NOT NULL");
        }
        let (not_valid, valid): (Vec<_>, Vec<_>) =
            attributes.constraints.iter().partition(|constraint| constraint.definition.ends_with("NOT VALID"));
        for DomainConstraint { name, definition } in valid {
            text.push_str(&format!(" CONSTRAINT {} {definition}", identifier(name)));
        }
        let step = MigrationStep::create(&object.id, text);
        Ok(vec![not_valid.into_iter().fold(step, |step, constraint| step.then(add(&name, constraint)))])
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
            steps.push(scanning(MigrationStep::alter(id, format!("ALTER DOMAIN {name} {word} NOT NULL"))));
        }
        for new in after.constraints.iter().filter(|new| !before.constraints.contains(new)) {
            steps.push(scanning(MigrationStep::alter(id, add(&name, new))));
        }
        Ok(steps)
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let step = MigrationStep::drop(&object.id, format!("DROP DOMAIN {}", outer_name(&object.id)));
        Ok(vec![step.unmaking(super::comments_of(&object.id, sides.from))])
    }

    fn claims(&self, object: &Object) -> Vec<String> {
        vec![super::type_name(&object.id)]
    }
}

fn add(name: &str, constraint: &DomainConstraint) -> String {
    format!("ALTER DOMAIN {name} ADD CONSTRAINT {} {}", identifier(&constraint.name), constraint.definition)
}

fn scanning(step: MigrationStep) -> MigrationStep {
    step.hazard(HazardKind::TableScan, "every column of the domain is read to see that its values fit")
}
