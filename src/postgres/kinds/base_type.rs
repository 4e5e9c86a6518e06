//! Base types, whose values are made and printed by functions of their own, and shells, which are types in name alone.
//! A type and the functions that take or give it need each other: they are made and dropped together.

use schema_sync_store::{Object, ObjectId, SchemaSnapshot};
use serde::{Deserialize, Serialize};

use super::super::catalog::{Cells, is_default};
use super::super::quote::{identifier, last_part, literal, outer_name};
use super::{described, routine, table};
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{MigrationStep, PlanError};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    #[serde(skip_serializing_if = "is_default")]
    shell: bool,
    #[serde(skip_serializing_if = "is_default")]
    input: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    output: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    receive: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    send: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    modifier_input: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    modifier_output: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    analyze: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    subscript: Option<String>,
    /// In bytes, as text; absent where it varies.
    #[serde(skip_serializing_if = "is_default")]
    length: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    by_value: bool,
    #[serde(skip_serializing_if = "is_default")]
    alignment: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    storage: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    category: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    preferred: bool,
    #[serde(skip_serializing_if = "is_default")]
    default: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    element: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    delimiter: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    collatable: bool,
    #[serde(skip_serializing_if = "is_default")]
    shadowed: bool,
}

/// SQL for the attributes of the type `y`, as JSON in text; null where it is no base type.
pub(super) fn select() -> String {
    let functions = [
        ("input", "y.typinput"),
        ("output", "y.typoutput"),
        ("receive", "y.typreceive"),
        ("send", "y.typsend"),
        ("modifier_input", "y.typmodin"),
        ("modifier_output", "y.typmodout"),
        ("analyze", "y.typanalyze"),
        ("subscript", "y.typsubscript"),
    ];
    let functions = functions.map(|(name, oid)| format!("'{name}', {}", described::function(oid))).join(", ");
    format!(
        "CASE WHEN y.typtype = 'b' THEN jsonb_strip_nulls(jsonb_build_object({functions}, \
         'length', CASE WHEN y.typlen >= 0 THEN y.typlen::text END, 'by_value', nullif(y.typbyval, false), \
         'alignment', CASE y.typalign WHEN 'c' THEN 'char' WHEN 's' THEN 'int2' WHEN 'd' THEN 'double' END, \
         'storage', CASE y.typstorage WHEN 'x' THEN 'extended' WHEN 'e' THEN 'external' WHEN 'm' THEN 'main' END, \
         'category', nullif(y.typcategory::text, 'U'), 'preferred', nullif(y.typispreferred, false), \
         'default', y.typdefault, 'element', CASE WHEN y.typelem <> 0 THEN format_type(y.typelem, NULL) END, \
         'delimiter', nullif(y.typdelim::text, ','), 'collatable', nullif(y.typcollation <> 0, false)))::text \
         WHEN y.typtype = 'p' THEN '{{\"shell\": true}}' END"
    )
}

pub(super) fn read(cells: &Cells<'_>, id: ObjectId) -> Result<Object, String> {
    let text: &str = cells.get(19)?;
    let attributes = serde_json::from_str(text).map_err(|error| format!("{id}: {error}"))?;
    Ok(Object { id, attributes, needs: std::collections::BTreeSet::new() })
}

/// The functions that it is made of and that take or give it.
fn own_functions<'a>(object: &'a Object, side: &'a SchemaSnapshot) -> impl Iterator<Item = &'a Object> {
    let needs = object.needs.iter().filter(|need| need.kind == "function").filter_map(|need| side.get(need));
    needs.filter(|function| function.needs.contains(&object.id))
}

fn create_statement(id: &ObjectId, attributes: &Attributes) -> String {
    let of = |word: &str, value: &Option<String>| value.as_ref().map(|value| format!("{word} = {value}"));
    let quoted = |value: &Option<String>| value.as_ref().map(|value| literal(value));
    let clauses: Vec<String> = [
        of("INPUT", &attributes.input),
        of("OUTPUT", &attributes.output),
        of("RECEIVE", &attributes.receive),
        of("SEND", &attributes.send),
        of("TYPMOD_IN", &attributes.modifier_input),
        of("TYPMOD_OUT", &attributes.modifier_output),
        of("ANALYZE", &attributes.analyze),
        of("SUBSCRIPT", &attributes.subscript),
        Some(format!("INTERNALLENGTH = {}", attributes.length.as_deref().unwrap_or("VARIABLE"))),
        attributes.by_value.then(|| "PASSEDBYVALUE".to_owned()),
        of("ALIGNMENT", &attributes.alignment),
        of("STORAGE", &attributes.storage),
        of("CATEGORY", &quoted(&attributes.category)),
        attributes.preferred.then(|| "PREFERRED = true".to_owned()),
        of("DEFAULT", &quoted(&attributes.default)),
        of("ELEMENT", &attributes.element),
        of("DELIMITER", &quoted(&attributes.delimiter)),
        attributes.collatable.then(|| "COLLATABLE = true".to_owned()),
    ]
    .into_iter()
    .flatten()
    .collect();
    format!("CREATE TYPE {} (\n    {}\n)", outer_name(id), clauses.join(",\n    "))
}

pub(super) struct BaseType;

/// What ALTER TYPE … SET calls an attribute that it can change. The functions that take or give the type are not among
/// them, as they need the type themselves.
fn property(attribute: &str) -> Option<&'static str> {
    match attribute {
        "modifier_input" => Some("TYPMOD_IN"),
        "modifier_output" => Some("TYPMOD_OUT"),
        "analyze" => Some("ANALYZE"),
        "subscript" => Some("SUBSCRIPT"),
        "storage" => Some("STORAGE"),
        _ => None,
    }
}

/// What makes the columns that are stored as their type says be so when it says something else.
fn store_columns(id: &ObjectId, storage: &str, sides: &Sides<'_>) -> Vec<String> {
    let follows = |column: &&Object| {
        let is_array =
            column.attribute("type").and_then(serde_json::Value::as_str).is_some_and(|name| name.ends_with("[]"));
        let said = [sides.from, sides.to].map(|side| side.get(&column.id).map(|column| column.attribute("storage")));
        column.needs.contains(id) && !is_array && said == [Some(None), Some(None)]
    };
    let statement = |column: &Object| {
        let (head, name) = (table::head_of_one(&column.id, sides), identifier(last_part(&column.id)));
        format!("{head} ALTER COLUMN {name} SET STORAGE {storage}")
    };
    sides.to.of_kind("column").filter(follows).map(statement).collect()
}

impl Kind for BaseType {
    fn name(&self) -> &'static str {
        "base_type"
    }

    fn rule(&self, change: &Change<'_>) -> Rule {
        match change.attribute {
            super::SHADOWED => Rule::Cosmetic,
            // A type whose values are never compressed or moved out of their rows cannot begin to be.
            "storage" if change.from.is_none() || change.to.is_none() => Rule::Replace,
            attribute if property(attribute).is_some() => Rule::Alter,
            _ => Rule::Replace,
        }
    }

    fn create(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let mut step = MigrationStep::create(&object.id, format!("CREATE TYPE {}", outer_name(&object.id)));
        if !attributes.shell {
            for function in own_functions(object, sides.to) {
                step = step.then(routine::FUNCTION.statement(function)?).making([function.id.clone()]);
            }
            step = step.then(create_statement(&object.id, &attributes));
        }
        Ok(super::found_by_bare_name(object, sides, vec![step]))
    }

    fn alter(
        &self,
        object: &Object,
        changes: &[Change<'_>],
        sides: &Sides<'_>,
    ) -> Result<Vec<MigrationStep>, PlanError> {
        let clause = |change: &Change<'_>| {
            let value = change.to.and_then(serde_json::Value::as_str).unwrap_or("NONE");
            property(change.attribute).map(|word| format!("{word} = {value}"))
        };
        let clauses: Vec<String> = changes.iter().filter_map(clause).collect();
        let text = format!("ALTER TYPE {} SET ({})", outer_name(&object.id), clauses.join(", "));
        // Its functions need it and it them: where both change, theirs come first.
        let functions = own_functions(object, sides.to).map(|function| function.id.clone());
        let mut step = MigrationStep::alter(&object.id, text).after(functions);
        let storage = changes.iter().find(|change| change.attribute == "storage").and_then(|change| change.to);
        if let Some(storage) = storage.and_then(serde_json::Value::as_str) {
            step.statements.extend(store_columns(&object.id, storage, sides));
        }
        Ok(super::found_by_bare_name(object, sides, vec![step]))
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let functions: Vec<ObjectId> = own_functions(object, sides.from).map(|function| function.id.clone()).collect();
        let cascade = if functions.is_empty() { "" } else { " CASCADE" };
        let along = functions.iter().flat_map(|function| super::comments_of(function, sides.from));
        let along: Vec<ObjectId> = along.chain(super::comments_of(&object.id, sides.from)).collect();
        let step = MigrationStep::drop(&object.id, format!("DROP TYPE {}{cascade}", outer_name(&object.id)));
        Ok(super::found_by_bare_name(object, sides, vec![step.unmaking(functions).unmaking(along)]))
    }

    fn claims(&self, object: &Object) -> Vec<String> {
        vec![super::type_name(&object.id)]
    }
}
