//! Aggregates.

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};

use super::super::catalog::{Cells, Namespace, Reading, Server, Source, class, is_default, object};
use super::super::quote::{in_schema, literal};
use super::described;
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{MigrationStep, PlanError};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    routine: String,
    /// As the server prints them, with ORDER BY where the aggregate has direct arguments.
    arguments: String,
    #[serde(skip_serializing_if = "is_default")]
    parallel: Option<String>,
    /// The clauses of CREATE AGGREGATE, in the manual's order.
    clauses: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    shadowed: bool,
}

pub(in super::super) const SOURCE: Source = Source { name: "aggregate", body, read };

fn body(_: &Server) -> String {
    let function = described::function;
    format!(
        "SELECT g.aggfnoid::oid, g.aggkind::text, {}, format_type(g.aggtranstype, NULL), g.aggtransspace, \
     {}, g.aggfinalextra, g.aggfinalmodify::text, {}, {}, {}, g.agginitval, {}, {}, \
     CASE WHEN g.aggmtranstype <> 0 THEN format_type(g.aggmtranstype, NULL) END, g.aggmtransspace, {}, \
     g.aggmfinalextra, g.aggmfinalmodify::text, g.aggminitval, {} \
     FROM pg_depend d JOIN pg_aggregate g ON g.aggfnoid = d.objid::oid \
     WHERE d.refclassid = 2615 AND d.refobjid = t.ns AND d.refobjsubid = 0 AND d.classid = 1255",
        function("g.aggtransfn"),
        function("g.aggfinalfn"),
        function("g.aggcombinefn"),
        function("g.aggserialfn"),
        function("g.aggdeserialfn"),
        function("g.aggmtransfn"),
        function("g.aggminvtransfn"),
        function("g.aggmfinalfn"),
        described::operator("g.aggsortop"),
    )
}

/// An aggregate as the source of routines knows it; [`SOURCE`] completes it.
pub(super) fn placeholder(id: ObjectId, cells: &Cells<'_>) -> Result<Object, String> {
    let parallel = match cells.get::<&str>(12)? {
        "s" => Some("SAFE".to_owned()),
        "r" => Some("RESTRICTED".to_owned()),
        _ => None,
    };
    let arguments = cells.get::<Option<String>>(23)?.unwrap_or_default();
    let attributes = Attributes { routine: cells.get(2)?, arguments, parallel, clauses: Vec::new(), shadowed: false };
    object(id, &attributes, [])
}

fn read(cells: &Cells<'_>, _: &Namespace, reading: &mut Reading) -> Result<(), String> {
    let oid: u32 = cells.get(1)?;
    let kind: &str = cells.get(2)?;
    let default_modify = if kind == "n" { "r" } else { "w" };
    let mut clauses = vec![format!("SFUNC = {}", cells.get::<&str>(3)?), format!("STYPE = {}", cells.get::<&str>(4)?)];
    push_size(&mut clauses, "SSPACE", cells.get(5)?);
    push_function(&mut clauses, "FINALFUNC", cells.get(6)?);
    push_final(&mut clauses, "FINALFUNC", cells.get(7)?, cells.get(8)?, default_modify);
    push_function(&mut clauses, "COMBINEFUNC", cells.get(9)?);
    push_function(&mut clauses, "SERIALFUNC", cells.get(10)?);
    push_function(&mut clauses, "DESERIALFUNC", cells.get(11)?);
    push_literal(&mut clauses, "INITCOND", cells.get(12)?);
    push_function(&mut clauses, "MSFUNC", cells.get(13)?);
    push_function(&mut clauses, "MINVFUNC", cells.get(14)?);
    if let Some(type_name) = cells.get::<Option<&str>>(15)? {
        clauses.push(format!("MSTYPE = {type_name}"));
        push_size(&mut clauses, "MSSPACE", cells.get(16)?);
        push_function(&mut clauses, "MFINALFUNC", cells.get(17)?);
        push_final(&mut clauses, "MFINALFUNC", cells.get(18)?, cells.get(19)?, default_modify);
        push_literal(&mut clauses, "MINITCOND", cells.get(20)?);
    }
    if let Some(operator) = cells.get::<Option<&str>>(21)? {
        clauses.push(format!("SORTOP = {operator}"));
    }
    if kind == "h" {
        clauses.push("HYPOTHETICAL".to_owned());
    }
    if let Some(object) = reading.at_mut((class::PROCEDURE, oid, 0)).filter(|object| object.id.kind == "aggregate") {
        object.attributes.insert("clauses".to_owned(), clauses.into());
    }
    Ok(())
}

fn push_function(clauses: &mut Vec<String>, word: &str, function: Option<&str>) {
    clauses.extend(function.map(|function| format!("{word} = {function}")));
}

fn push_size(clauses: &mut Vec<String>, word: &str, bytes: i32) {
    if bytes != 0 {
        clauses.push(format!("{word} = {bytes}"));
    }
}

fn push_literal(clauses: &mut Vec<String>, word: &str, text: Option<&str>) {
    clauses.extend(text.map(|text| format!("{word} = {}", literal(text))));
}

fn push_final(clauses: &mut Vec<String>, word: &str, extra: bool, modify: &str, default_modify: &str) {
    if extra {
        clauses.push(format!("{word}_EXTRA"));
    }
    if modify != default_modify {
        let word_of = match modify {
            "r" => "READ_ONLY",
            "s" => "SHAREABLE",
            _ => "READ_WRITE",
        };
        clauses.push(format!("{word}_MODIFY = {word_of}"));
    }
}

pub(super) struct Aggregate;

impl Aggregate {
    fn name_and_arguments(object: &Object, attributes: &Attributes) -> String {
        let arguments = if attributes.arguments.is_empty() { "*" } else { &attributes.arguments };
        format!("{}({arguments})", in_schema(object.id.schema.as_ref(), &attributes.routine))
    }
}

impl Kind for Aggregate {
    fn name(&self) -> &'static str {
        "aggregate"
    }

    fn rule(&self, change: &Change<'_>) -> Rule {
        if change.attribute == super::SHADOWED { Rule::Cosmetic } else { Rule::Replace }
    }

    fn create(&self, object: &Object, _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let mut clauses = attributes.clauses.clone();
        clauses.extend(attributes.parallel.iter().map(|parallel| format!("PARALLEL = {parallel}")));
        let name = Self::name_and_arguments(object, &attributes);
        let text = format!("CREATE AGGREGATE {name} (\n    {}\n)", clauses.join(",\n    "));
        Ok(vec![MigrationStep::create(&object.id, text)])
    }

    fn alter(&self, _: &Object, _: &[Change<'_>], _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        Ok(Vec::new())
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let statement = format!("DROP AGGREGATE {}", Self::name_and_arguments(object, &attributes));
        let step = MigrationStep::drop(&object.id, statement);
        let step = step.unmaking(super::comments_of(&object.id, sides.from));
        Ok(super::found_by_bare_name(object, sides, vec![step]))
    }
}
