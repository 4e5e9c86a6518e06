//! Composite types that stand alone.

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::catalog::{Cells, is_default, object};
use super::super::quote::{dollar_quoted, identifier, in_schema, last_part, outer_name};
use super::super::type_change::{self, Conversion};
use super::remade_type::{self, Recast};
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
        Ok(vec![MigrationStep::create(&object.id, create_statement(&object.id, &attributes.fields))])
    }

    fn alter(&self, object: &Object, _: &[Change<'_>], sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let id = &object.id;
        let before: Attributes = sides.from.get(id).map(attributes_of).transpose()?.unwrap_or_default();
        let after: Attributes = attributes_of(object)?;
        if is_made_anew(id, &before.fields, &after.fields, sides) {
            let step = make_anew(id, &before.fields, &after.fields, sides)?;
            return Ok(super::found_by_bare_name(object, sides, vec![step]));
        }
        let find = |fields: &[Field], name: &str| fields.iter().find(|field| field.name == name).cloned();
        let stays = |name: &str| find(&after.fields, name).is_some();
        let moved = moved(&before.fields, &after.fields);
        let used = remade_type::columns(id, sides).chain(typed_table::tables_of(id, sides)).next();
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
            for column in remade_type::columns(id, sides) {
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

/// No statement gives attributes another order, and the server alters none's type while columns hold values of it
/// (PostgreSQL manual, ALTER TYPE).
fn is_made_anew(id: &ObjectId, before: &[Field], after: &[Field], sides: &Sides<'_>) -> bool {
    let is_used = |id: &ObjectId| remade_type::columns(id, sides).next().is_some();
    let retypes = |field: &Field| before.iter().any(|old| old.name == field.name && old != field);
    (!moved(before, after).is_empty() || after.iter().any(retypes))
        && typed_table::tables_of(id, sides).next().is_none()
        && (is_used(id) || remade_type::containers(id, sides).iter().any(|type_| is_used(&type_.id)))
}

/// Makes the type anew. Values are cast over attribute by attribute, by functions that are there for that alone, as the
/// clause that casts a column cannot look into arrays.
fn make_anew(id: &ObjectId, before: &[Field], after: &[Field], sides: &Sides<'_>) -> Result<MigrationStep, PlanError> {
    let is_used = |type_: &&Object| remade_type::columns(&type_.id, sides).next().is_some();
    if let Some(container) = remade_type::containers(id, sides).into_iter().find(|type_| is_used(type_)) {
        let reason = format!(
            "its attributes change their order or types while columns hold values of {}, which is made of it: move \
             them to columns of another type first",
            container.id
        );
        return Err(PlanError::Refused { object: id.clone(), reason });
    }
    let (name, old) = (outer_name(id), in_schema(id.schema.as_ref(), &remade_type::old_name(id)));
    let recast = in_schema(id.schema.as_ref(), &format!("{}_recast", last_part(id)));
    let mut losses: Vec<String> = Vec::new();
    let lost = before.iter().filter(|old| !after.iter().any(|field| field.name == old.name));
    losses.extend(lost.map(|field| format!("the values of its attribute {} are lost", identifier(&field.name))));
    let mut values = Vec::new();
    for field in after {
        let (value, loss) = before
            .iter()
            .find(|old| old.name == field.name)
            .map_or_else(|| ("NULL".to_owned(), None), |old| cast(old, field));
        values.push(value);
        losses.extend(loss);
    }
    let function = |argument: &str, returns: &str, body: String| {
        let body = dollar_quoted(&format!("SELECT CASE WHEN $1 IS DISTINCT FROM NULL THEN {body} END"));
        format!("CREATE FUNCTION {recast}({argument}) RETURNS {returns} LANGUAGE sql AS {body}")
    };
    let made = vec![
        create_statement(id, after),
        function(&old, &name, format!("ROW({})::{name}", values.join(", "))),
        function(
            &format!("{old}[]"),
            &format!("{name}[]"),
            format!("ARRAY(SELECT {recast}($1[place]) FROM generate_subscripts($1, 1) place ORDER BY place)"),
        ),
    ];
    let behind = [format!("{old}[]"), old.clone()].map(|argument| format!("DROP FUNCTION {recast}({argument})"));
    let loss = Some(losses.join(", ")).filter(|loss| !loss.is_empty());
    let recast_column = |column: &str, _| Recast { value: format!("{recast}({column})"), loss: loss.clone() };
    let step = remade_type::remake(id, (made, behind.to_vec()), sides, recast_column)?;
    Ok(match loss.clone() {
        Some(loss) => step.hazard(HazardKind::DataLoss, loss),
        None => step,
    })
}

/// An attribute of the old type as one of the new, and what may be lost on the way.
fn cast(old: &Field, field: &Field) -> (String, Option<String>) {
    let value = format!("($1).{}", identifier(&old.name));
    let bare = |type_name: &str| type_name.split(" COLLATE ").next().unwrap_or_default().to_owned();
    let conversion = type_change::conversion(&bare(&old.type_name), &bare(&field.type_name));
    let change = format!("{} becomes {}", old.type_name, field.type_name);
    let loss = format!("{}: {change}: values that do not fit are lost or stop the change", identifier(&old.name));
    let loss = matches!(conversion, Conversion::Narrowing { .. }).then_some(loss);
    (conversion.value_of(&value).unwrap_or(value), loss)
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
