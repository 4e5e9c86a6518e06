//! Operators. One that is named as a commutator or negator before it is made becomes a shell, which making it fills.

use schema_sync_store::Object;
use serde::{Deserialize, Serialize};

use super::super::catalog::{Server, is_default};
use super::super::quote::identifier;
use super::described::{self, Described, function};
use super::replaced::{drop_step, target};
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{MigrationStep, PlanError};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    /// The bare name; the object's own name has the types as well.
    operator: String,
    #[serde(skip_serializing_if = "is_default")]
    left: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    right: Option<String>,
    function: String,
    #[serde(skip_serializing_if = "is_default")]
    commutator: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    negator: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    restrict: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    join: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    hashes: bool,
    #[serde(skip_serializing_if = "is_default")]
    merges: bool,
}

pub(super) const DESCRIBED: Described = Described {
    kind: "operator",
    class: 2617,
    // Shells have no function.
    catalogue: "(SELECT * FROM pg_operator WHERE oprcode <> 0)",
    name: "ARRAY[x.oprname::text || '(' || CASE WHEN x.oprleft = 0 THEN 'NONE' ELSE format_type(x.oprleft, NULL) END || ', ' || \
           CASE WHEN x.oprright = 0 THEN 'NONE' ELSE format_type(x.oprright, NULL) END || ')']",
    attributes,
};

fn attributes(_: &Server) -> String {
    format!(
        "'operator', x.oprname::text, 'left', CASE WHEN x.oprleft <> 0 THEN format_type(x.oprleft, NULL) END, \
         'right', CASE WHEN x.oprright <> 0 THEN format_type(x.oprright, NULL) END, 'function', {}, 'commutator', {}, \
         'negator', {}, 'restrict', {}, 'join', {}, 'hashes', nullif(x.oprcanhash, false), \
         'merges', nullif(x.oprcanmerge, false)",
        function("x.oprcode"),
        described::operator("x.oprcom"),
        described::operator("x.oprnegate"),
        function("x.oprrest"),
        function("x.oprjoin"),
    )
}

pub(super) struct Operator;

impl Kind for Operator {
    fn name(&self) -> &'static str {
        "operator"
    }

    fn rule(&self, change: &Change<'_>) -> Rule {
        if matches!(change.attribute, "restrict" | "join") { Rule::Alter } else { Rule::Replace }
    }

    fn create(&self, object: &Object, _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let schema = object.id.schema.as_ref().map_or_else(String::new, |schema| format!("{}.", identifier(schema)));
        let with = |word: &str, value: &Option<String>| value.as_ref().map(|value| format!("{word} = {value}"));
        let clauses: Vec<String> = [
            Some(format!("FUNCTION = {}", attributes.function)),
            with("LEFTARG", &attributes.left),
            with("RIGHTARG", &attributes.right),
            with("COMMUTATOR", &attributes.commutator),
            with("NEGATOR", &attributes.negator),
            with("RESTRICT", &attributes.restrict),
            with("JOIN", &attributes.join),
            attributes.hashes.then(|| "HASHES".to_owned()),
            attributes.merges.then(|| "MERGES".to_owned()),
        ]
        .into_iter()
        .flatten()
        .collect();
        let text = format!("CREATE OPERATOR {schema}{} (\n    {}\n)", attributes.operator, clauses.join(",\n    "));
        Ok(vec![MigrationStep::create(&object.id, text)])
    }

    fn alter(&self, object: &Object, _: &[Change<'_>], _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let Attributes { restrict, join, .. } = attributes_of(object)?;
        let or_none = |function: Option<String>| function.unwrap_or_else(|| "NONE".to_owned());
        let (restrict, join) = (or_none(restrict), or_none(join));
        let text = format!("ALTER {} SET (RESTRICT = {restrict}, JOIN = {join})", target(&object.id));
        Ok(vec![MigrationStep::alter(&object.id, text)])
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        Ok(vec![drop_step(&object.id, sides)])
    }
}
