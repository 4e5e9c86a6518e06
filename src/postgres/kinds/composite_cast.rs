//! Values of composite types cast over to other such types, attribute by attribute: by functions that are there for that
//! alone, as the clause that casts a column cannot look into arrays, and their text says nothing of attributes' names.

use schema_sync_store::{Object, ObjectId};
use serde_json::Value;

use super::super::quote::{dollar_quoted, identifier, in_schema, last_part, outer_name};
use super::super::type_change::{self, Conversion};
use super::composite_type::{self, Field, fields};
use super::remade_type::{self, Recast};
use crate::kind::Sides;

/// How values of a composite type, and of the types that are made of it, are cast over while it is made anew.
pub(super) struct Cast<'a> {
    id: &'a ObjectId,
    /// The type and all that is made anew with it, as the server prints them.
    remade: Vec<String>,
    /// What all the functions are called.
    function: String,
    loss: Option<String>,
}

/// The value of a type, given that of its old form as `$1`.
fn row(values: &[String], type_name: &str) -> String {
    format!("ROW({})::{type_name}", values.join(", "))
}

impl<'a> Cast<'a> {
    pub(super) fn new(id: &'a ObjectId, loss: Option<String>, sides: &Sides<'_>) -> Self {
        let containers = remade_type::containers(id, sides);
        let remade = containers.iter().map(|type_| outer_name(&type_.id)).chain([outer_name(id)]).collect();
        Self { id, remade, function: function_of(id), loss }
    }

    /// The functions that cast a value of the old form to the new one, and arrays of such.
    fn functions(&self, type_id: &ObjectId, value: &str) -> Vec<String> {
        let (name, old) = (outer_name(type_id), remade_type::old_outer_name(type_id, self.id));
        let function = |argument: &str, returns: &str, body: &str| {
            let body = dollar_quoted(&format!("SELECT CASE WHEN $1 IS DISTINCT FROM NULL THEN {body} END"));
            format!("CREATE FUNCTION {}({argument}) RETURNS {returns} LANGUAGE sql AS {body}", self.function)
        };
        let each =
            format!("ARRAY(SELECT {}($1[place]) FROM generate_subscripts($1, 1) place ORDER BY place)", self.function);
        vec![function(&old, &name, value), function(&format!("{old}[]"), &format!("{name}[]"), &each)]
    }

    /// Those of the type itself, between these attributes.
    pub(super) fn of_type(&self, before: &[Field], after: &[Field]) -> Vec<String> {
        let values: Vec<String> = after.iter().map(|field| value_of("$1", before, field).0).collect();
        self.functions(self.id, &row(&values, &outer_name(self.id)))
    }

    /// Those of a type that is made of it and stays as it is otherwise.
    pub(super) fn of_container(&self, container: &Object) -> Vec<String> {
        let name = outer_name(&container.id);
        let value = if container.id.kind == "domain" {
            let base = container.attribute("type").and_then(Value::as_str).unwrap_or_default();
            format!("{}($1::{})::{name}", self.function, self.old_printed(container, base))
        } else {
            let cast = |field: &Field| {
                let value = format!("($1).{}", identifier(&field.name));
                if self.is_remade(&field.type_name) { format!("{}({value})", self.function) } else { value }
            };
            row(&fields(container).iter().map(cast).collect::<Vec<_>>(), &name)
        };
        self.functions(&container.id, &value)
    }

    /// What drops the functions of these types.
    pub(super) fn drops(&self, types: &[&ObjectId]) -> Vec<String> {
        let old = types.iter().map(|type_id| remade_type::old_outer_name(type_id, self.id));
        let arguments = old.flat_map(|old| [format!("{old}[]"), old]);
        arguments.map(|argument| format!("DROP FUNCTION {}({argument})", self.function)).collect()
    }

    pub(super) fn recast(&self, column: &str) -> Recast {
        Recast { value: format!("{}({column})", self.function), loss: self.loss.clone() }
    }

    fn is_remade(&self, printed: &str) -> bool {
        self.remade.iter().any(|name| name == printed.trim_end_matches("[]"))
    }

    /// What a printed type that is made anew is called until its old form is gone.
    fn old_printed(&self, container: &Object, printed: &str) -> String {
        let array = if printed.ends_with("[]") { "[]" } else { "" };
        let is_meant = |need: &&ObjectId| outer_name(need) == printed.trim_end_matches("[]");
        let old = container.needs.iter().find(is_meant).map(|need| remade_type::old_outer_name(need, self.id));
        old.map_or_else(|| printed.to_owned(), |old| format!("{old}{array}"))
    }
}

/// What a column's values are as those of another composite type: attributes go by their names.
pub(super) fn to_another(column: &str, before: &Object, after: &Object, sides: &Sides<'_>) -> String {
    let (old, new) = (fields(before), fields(after));
    let value = |field: &Field| {
        let value = value_of(column, &old, field).0;
        let is_same = old.iter().any(|old| old == field);
        if is_same { of_changed_type(value, field, before, sides) } else { value }
    };
    let values: Vec<String> = new.iter().map(value).collect();
    format!("CASE WHEN {column} IS DISTINCT FROM NULL THEN {} END", row(&values, &outer_name(&after.id)))
}

/// An attribute whose type may have been made anew meanwhile, while the type that it is in, which goes, is of the old one.
fn of_changed_type(value: String, field: &Field, whole: &Object, sides: &Sides<'_>) -> String {
    let bare = field.type_name.trim_end_matches("[]");
    let array = if bare == field.type_name { "" } else { "[]" };
    let Some(id) = whole.needs.iter().find(|need| outer_name(need) == bare) else { return value };
    let (Some(before), Some(after)) = (sides.from.get(id), sides.to.get(id)) else { return value };
    let by_text = |type_name: &str| format!("{value}::text{array}::{type_name}{array}");
    let is_changed = before.attributes != after.attributes;
    let is_along = holds_changed_type(before, sides);
    if id.kind == "composite_type" && is_changed {
        if !composite_type::is_made_anew(id, &fields(before), &fields(after), sides) {
            return value;
        }
        // It was made anew along with what it holds first, as which it has the same text.
        let value = if is_along { by_text(&remade_type::old_outer_name(id, id)) } else { value };
        return format!("{}({value})", function_of(id));
    }
    if is_changed || is_along { by_text(bare) } else { value }
}

/// Whether a type holds others that change and have the same text then: it may have been made anew along with them.
fn holds_changed_type(holder: &Object, sides: &Sides<'_>) -> bool {
    holder.needs.iter().any(|need| {
        let (Some(before), Some(after)) = (sides.from.get(need), sides.to.get(need)) else { return false };
        match need.kind.as_str() {
            "enum" | "range_type" => before.attributes != after.attributes,
            "domain" => before.attributes != after.attributes || holds_changed_type(before, sides),
            "composite_type" => before.attributes == after.attributes && holds_changed_type(before, sides),
            _ => false,
        }
    })
}

/// What the functions are called that cast values of a type over.
fn function_of(id: &ObjectId) -> String {
    in_schema(id.schema.as_ref(), &format!("{}_recast", last_part(id)))
}

/// What an attribute of the new type is of a value of the old one, and what may be lost on the way.
pub(super) fn value_of(whole: &str, before: &[Field], field: &Field) -> (String, Option<String>) {
    let Some(old) = before.iter().find(|old| old.name == field.name) else { return ("NULL".to_owned(), None) };
    let value = format!("({whole}).{}", identifier(&old.name));
    let bare = |type_name: &str| type_name.split(" COLLATE ").next().unwrap_or_default().to_owned();
    let conversion = type_change::conversion(&bare(&old.type_name), &bare(&field.type_name));
    let change = format!("{} becomes {}", old.type_name, field.type_name);
    let loss = format!("{}: {change}: values that do not fit are lost or stop the change", identifier(&old.name));
    let loss = matches!(conversion, Conversion::Narrowing { .. }).then_some(loss);
    (conversion.value_of(&value).unwrap_or(value), loss)
}
