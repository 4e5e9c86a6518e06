//! Composite types that stand alone.

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};

use super::super::catalog::{Cells, is_default, object};
use super::super::quote::{identifier, outer_name};
use super::typed_table;
use crate::kind::{Change, Disturbance, Kind, Rule, Sides, attributes_of};
use crate::plan::{Hazard, HazardKind, MigrationStep, PlanError};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    fields: Vec<Field>,
    #[serde(skip_serializing_if = "is_default")]
    shadowed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Field {
    name: String,
    /// As SQL, with its collation where that is not the default.
    #[serde(rename = "type")]
    type_name: String,
}

pub(super) fn read(cells: &Cells<'_>, id: ObjectId) -> Result<Object, String> {
    let names: Vec<String> = cells.get::<Option<Vec<String>>>(14)?.unwrap_or_default();
    let types: Vec<String> = cells.get::<Option<Vec<String>>>(15)?.unwrap_or_default();
    let fields = names.into_iter().zip(types).map(|(name, type_name)| Field { name, type_name }).collect();
    object(id, &Attributes { fields, shadowed: false }, [])
}

pub(super) struct CompositeType;

impl Kind for CompositeType {
    fn name(&self) -> &'static str {
        "composite_type"
    }

    fn rule(&self, change: &Change<'_>) -> Rule {
        if change.attribute == super::SHADOWED { Rule::Cosmetic } else { Rule::Alter }
    }

    fn create(&self, object: &Object, _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let fields: Vec<String> = attributes.fields.iter().map(definition).collect();
        let text = format!("CREATE TYPE {} AS ({})", outer_name(&object.id), fields.join(", "));
        Ok(vec![MigrationStep::create(&object.id, text)])
    }

    fn alter(&self, object: &Object, _: &[Change<'_>], sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let id = &object.id;
        let before: Attributes = sides.from.get(id).map(attributes_of).transpose()?.unwrap_or_default();
        let after: Attributes = attributes_of(object)?;
        let retypes = |field: &&Field| before.fields.iter().any(|old| old.name == field.name && old != *field);
        if let (Some(field), Some(column)) =
            (after.fields.iter().find(retypes), super::remade_type::columns(id, sides).next())
        {
            let reason = format!(
                "the type of its attribute `{}` changes, which the server refuses while {} holds values of it: move them \
                 to a column of another type first",
                field.name, column.id
            );
            return Err(PlanError::Refused { object: id.clone(), reason });
        }
        let find = |fields: &[Field], name: &str| fields.iter().find(|field| field.name == name).cloned();
        let stays = |name: &str| find(&after.fields, name).is_some();
        let moved = moved(&before.fields, &after.fields);
        let used = super::remade_type::columns(id, sides).chain(typed_table::tables_of(id, sides)).next();
        if let (Some(_), Some(used)) = (moved.first(), used) {
            let reason = format!(
                "the order of its attributes changes, which the server refuses while {} is of it: add attributes \
                 behind the others, or move the values to a column of another type first",
                used.id
            );
            return Err(PlanError::Refused { object: id.clone(), reason });
        }
        let mut clauses = Vec::new();
        let mut removed = Vec::new();
        for field in before.fields.iter().filter(|field| !stays(&field.name) || moved.contains(&field.name)) {
            clauses.push(format!("DROP ATTRIBUTE {}", identifier(&field.name)));
            removed.extend(Some(field.name.clone()).filter(|name| !stays(name)));
        }
        for field in &after.fields {
            let old = find(&before.fields, &field.name).filter(|old| !moved.contains(&old.name));
            match old {
                None => clauses.push(format!("ADD ATTRIBUTE {}", definition(field))),
                Some(old) if old != *field => {
                    clauses.push(format!("ALTER ATTRIBUTE {} TYPE {}", identifier(&field.name), field.type_name));
                }
                Some(_) => {}
            }
        }
        let mut step = MigrationStep::alter(id, format!("ALTER TYPE {} {}", outer_name(id), clauses.join(", ")));
        if !removed.is_empty() {
            let detail = format!("the values of its attributes {} are lost", removed.join(", "));
            for column in super::remade_type::columns(id, sides) {
                let (kind, detail) = (HazardKind::DataLoss, format!("in its values, {detail}"));
                step.hazards.push(Hazard { kind, object: column.id.clone(), detail });
            }
            step = step.hazard(HazardKind::DataLoss, detail);
        }
        let mut steps: Vec<MigrationStep> =
            typed_table::tables_of(id, sides).map(|table| typed_table::release(&table.id)).collect();
        steps.extend(super::found_by_bare_name(object, sides, vec![step]));
        for table in typed_table::tables_of(id, sides) {
            let Some(type_name) = typed_table::type_of(table) else { continue };
            steps.push(typed_table::bind(table, type_name, sides)?.after([table.id.clone()]));
        }
        Ok(steps)
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let step = MigrationStep::drop(&object.id, format!("DROP TYPE {}", outer_name(&object.id)));
        let comments: Vec<ObjectId> = sides.from.parts("comment", &object.id).map(|part| part.id.clone()).collect();
        Ok(super::found_by_bare_name(object, sides, vec![step.unmaking(comments)]))
    }

    fn disturbs(&self, _: &[Change<'_>], dependent: &Object, _: &Sides<'_>) -> Disturbance {
        match dependent.id.kind.as_str() {
            "view" | "materialized_view" | "rule" | "policy" => Disturbance::Recreate,
            "column" | "table" => Disturbance::Through,
            _ => Disturbance::None,
        }
    }

    fn claims(&self, object: &Object) -> Vec<String> {
        vec![super::type_name(&object.id)]
    }
}

/// The attributes that are dropped and added again, as new ones can only be added behind all others.
fn moved(before: &[Field], after: &[Field]) -> Vec<String> {
    let kept = before.iter().map(|field| &field.name).filter(|name| after.iter().any(|field| field.name == **name));
    let in_place = kept.clone().zip(after).take_while(|(name, field)| **name == field.name).count();
    kept.skip(in_place).cloned().collect()
}

fn definition(field: &Field) -> String {
    format!("{} {}", identifier(&field.name), field.type_name)
}
