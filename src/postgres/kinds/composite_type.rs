//! Composite types that stand alone.

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::catalog::{Cells, is_default, object};
use super::super::quote::{identifier, outer_name};
use super::composite_cast::{self, Cast};
use super::remade_type::{self, Making};
use super::{remade_table, typed_table};
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
pub(super) struct Field {
    pub(super) name: String,
    /// As SQL, with its collation where that is not the default.
    #[serde(rename = "type")]
    pub(super) type_name: String,
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
        Ok(vec![MigrationStep::create(&object.id, create_statement(&object.id, &attributes.fields))])
    }

    fn alter(&self, object: &Object, _: &[Change<'_>], sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let id = &object.id;
        let before: Attributes = sides.from.get(id).map(attributes_of).transpose()?.unwrap_or_default();
        let after: Attributes = attributes_of(object)?;
        let changing = if is_made_anew(id, &before.fields, &after.fields, sides) {
            make_anew(id, &before.fields, &after.fields, sides)?
        } else {
            vec![change_in_place(id, &before.fields, &after.fields, sides)]
        };
        let bound = || typed_table::tables_of(id, sides).filter(|table| !remade_table::is_remade(&table.id, sides));
        let mut steps: Vec<MigrationStep> = bound().map(|table| typed_table::release(&table.id)).collect();
        steps.extend(super::found_by_bare_name(object, sides, changing));
        for table in bound() {
            let Some(type_name) = typed_table::type_of(table) else { continue };
            steps.push(typed_table::bind(table, type_name, sides)?.after([table.id.clone()]));
        }
        Ok(steps)
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let step = MigrationStep::drop(&object.id, format!("DROP TYPE {}", outer_name(&object.id)))
            .after(remade_type::ends_of_old_forms_of(&object.id, sides));
        let comments: Vec<ObjectId> = super::comments_within(&object.id, sides.from).collect();
        Ok(super::found_by_bare_name(object, sides, vec![step.unmaking(comments)]))
    }

    fn disturbs(&self, changes: &[Change<'_>], dependent: &Object, sides: &Sides<'_>) -> Disturbance {
        let is_made_anew = |change: &Change<'_>| {
            let (before, after) = (fields_of(change.from), fields_of(change.to));
            change.attribute == "fields" && is_made_anew(&change.object.id, &before, &after, sides)
        };
        if changes.iter().any(is_made_anew) {
            return remade_type::disturbs(dependent, sides);
        }
        match dependent.id.kind.as_str() {
            "view" | "materialized_view" | "rule" | "policy" => Disturbance::Recreate,
            "column" | "table" => Disturbance::Through,
            _ => Disturbance::None,
        }
    }

    /// Tables that are of the type have its columns in its order.
    fn displaces(&self, object: &Object, sides: &Sides<'_>) -> Vec<ObjectId> {
        let tables = typed_table::tables_of(&object.id, sides).map(|table| table.id.clone());
        tables.filter(|table| remade_table::must_be_remade(table, sides)).collect()
    }

    fn claims(&self, object: &Object) -> Vec<String> {
        vec![super::type_name(&object.id)]
    }
}

fn create_statement(id: &ObjectId, fields: &[Field]) -> String {
    let fields: Vec<String> = fields.iter().map(definition).collect();
    format!("CREATE TYPE {} AS ({})", outer_name(id), fields.join(", "))
}

fn fields_of(value: Option<&Value>) -> Vec<Field> {
    value.and_then(|value| serde_json::from_value(value.clone()).ok()).unwrap_or_default()
}

/// The attributes of a composite type.
pub(super) fn fields(object: &Object) -> Vec<Field> {
    fields_of(object.attribute("fields"))
}

/// No statement gives attributes another order, and the server alters none's type while columns hold values of it
/// (PostgreSQL manual, ALTER TYPE).
pub(super) fn is_made_anew(id: &ObjectId, before: &[Field], after: &[Field], sides: &Sides<'_>) -> bool {
    let is_used = |id: &ObjectId| remade_type::columns(id, sides).next().is_some();
    let retypes = |field: &Field| before.iter().any(|old| old.name == field.name && old != field);
    (!moved(before, after).is_empty() || after.iter().any(retypes))
        && (is_used(id) || remade_type::containers(id, sides).iter().any(|type_| is_used(&type_.id)))
}

/// Makes the type anew, and what is made of it, casting every column over.
fn make_anew(
    id: &ObjectId,
    before: &[Field],
    after: &[Field],
    sides: &Sides<'_>,
) -> Result<Vec<MigrationStep>, PlanError> {
    let lost = before.iter().filter(|old| !after.iter().any(|field| field.name == old.name));
    let mut losses: Vec<String> =
        lost.map(|field| format!("the values of its attribute {} are lost", identifier(&field.name))).collect();
    losses.extend(after.iter().filter_map(|field| composite_cast::value_of("$1", before, field).1));
    let loss = Some(losses.join(", ")).filter(|loss| !loss.is_empty());
    let cast = Cast::new(id, loss.clone(), sides);
    let made = std::iter::once(create_statement(id, after)).chain(cast.of_type(before, after)).collect();
    let making = Making { made, recast: &|column, _| cast.recast(column), cast: Some(&cast) };
    let mut steps = remade_type::remake(id, making, sides)?;
    if let (Some(step), Some(detail)) = (steps.first_mut(), loss) {
        step.hazards.push(Hazard { kind: HazardKind::DataLoss, object: id.clone(), detail });
    }
    Ok(steps)
}

/// Changes the attributes of a type of which no column is, or of which they come and go alone.
fn change_in_place(id: &ObjectId, before: &[Field], after: &[Field], sides: &Sides<'_>) -> MigrationStep {
    let find = |fields: &[Field], name: &str| fields.iter().find(|field| field.name == name).cloned();
    let stays = |name: &str| find(after, name).is_some();
    let moved = moved(before, after);
    let mut clauses = Vec::new();
    let mut removed = Vec::new();
    for field in before.iter().filter(|field| !stays(&field.name) || moved.contains(&field.name)) {
        clauses.push(format!("DROP ATTRIBUTE {}", identifier(&field.name)));
        removed.extend(Some(field.name.clone()).filter(|name| !stays(name)));
    }
    for field in after {
        let old = find(before, &field.name).filter(|old| !moved.contains(&old.name));
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
        for column in remade_type::columns(id, sides) {
            let (kind, detail) = (HazardKind::DataLoss, format!("in its values, {detail}"));
            step.hazards.push(Hazard { kind, object: column.id.clone(), detail });
        }
        step = step.hazard(HazardKind::DataLoss, detail);
    }
    step
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
