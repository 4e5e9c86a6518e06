//! Range types, each with its multirange type and the functions that make values of both, which come and go with it.

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::super::catalog::{Cells, Namespace, Reading, Server, Source, class, is_default, object};
use super::super::quote::{identifier, last_part, outer_name};
use super::super::type_change::{self, Conversion};
use super::{described, lineage, remade_type, routine, table};
use crate::kind::{Change, Disturbance, Kind, Rule, Sides, attributes_of};
use crate::plan::{Hazard, HazardKind, MigrationStep, PlanError};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    subtype: String,
    /// The name of the multirange type, as the server prints it.
    multirange: String,
    /// Only where it is not the subtype's default.
    #[serde(skip_serializing_if = "is_default")]
    operator_class: Option<String>,
    /// Only where it is not the subtype's own.
    #[serde(skip_serializing_if = "is_default")]
    collation: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    canonical: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    subtype_difference: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    shadowed: bool,
}

pub(in super::super) const SOURCE: Source = Source { name: "range type", body, read };

/// Most databases have none of their own, so it is asked once whether there are any.
fn body(_: &Server) -> String {
    format!(
        "SELECT y.oid, y.typname::text, y.typarray, m.oid, m.typarray, format_type(r.rngsubtype, NULL), format_type(m.oid, NULL), \
     (SELECT CASE WHEN pg_opclass_is_visible(o.oid) THEN quote_ident(o.opcname) ELSE format('%I.%I', n.nspname, o.opcname) END \
       FROM pg_opclass o JOIN pg_namespace n ON n.oid = o.opcnamespace \
       WHERE o.oid = r.rngsubopc AND NOT (o.opcdefault AND o.opcintype = r.rngsubtype)), \
     CASE WHEN r.rngcollation <> 0 THEN (SELECT r.rngcollation::regcollation::text FROM pg_type b \
       WHERE b.oid = r.rngsubtype AND b.typcollation <> r.rngcollation) END, \
     {}, {}, \
     NOT pg_type_is_visible(y.oid) \
     FROM pg_depend d JOIN pg_type y ON y.oid = d.objid AND y.typtype = 'r' JOIN pg_range r ON r.rngtypid = y.oid \
     JOIN pg_type m ON m.oid = r.rngmultitypid \
     WHERE d.refclassid = 2615 AND d.refobjid = t.ns AND d.refobjsubid = 0 AND d.classid = 1247 AND y.typnamespace = t.ns \
     AND EXISTS (SELECT FROM pg_range a WHERE a.rngtypid >= 16384)",
        described::function("r.rngcanonical"),
        described::function("r.rngsubdiff"),
    )
}

fn read(cells: &Cells<'_>, namespace: &Namespace, reading: &mut Reading) -> Result<(), String> {
    let oid: u32 = cells.get(1)?;
    if reading.is_extension_member(class::TYPE, oid) {
        return Ok(());
    }
    let id = ObjectId::new("range_type", [SmolStr::new(cells.get::<&str>(2)?)]).in_schema(namespace.schema.clone());
    let attributes = Attributes {
        subtype: cells.get(6)?,
        multirange: cells.get(7)?,
        operator_class: cells.get(8)?,
        collation: cells.get(9)?,
        canonical: cells.get(10)?,
        subtype_difference: cells.get(11)?,
        shadowed: namespace.schema.is_none() && cells.get(12)?,
    };
    let address = (class::TYPE, oid, 0);
    reading.add(address, object(id, &attributes, [])?);
    for other in [3, 4, 5] {
        reading.alias((class::TYPE, cells.get(other)?, 0), address);
    }
    Ok(())
}

fn create_statement(id: &ObjectId, attributes: &Attributes) -> String {
    let mut options = vec![format!("SUBTYPE = {}", attributes.subtype)];
    let further = [
        ("SUBTYPE_OPCLASS", &attributes.operator_class),
        ("COLLATION", &attributes.collation),
        ("CANONICAL", &attributes.canonical),
        ("SUBTYPE_DIFF", &attributes.subtype_difference),
    ];
    options.extend(further.into_iter().filter_map(|(word, name)| Some(format!("{word} = {}", name.as_ref()?))));
    options.push(format!("MULTIRANGE_TYPE_NAME = {}", attributes.multirange));
    format!("CREATE TYPE {} AS RANGE ({})", outer_name(id), options.join(", "))
}

/// The function that brings its values into one form: it takes and gives the type, so that each needs the other.
fn canonical_function<'a>(object: &Object, side: &'a schema_sync_store::SchemaSnapshot) -> Option<&'a Object> {
    object.attribute("canonical")?;
    let functions = object.needs.iter().filter(|need| need.kind == "function").filter_map(|need| side.get(need));
    functions.into_iter().find(|function| function.needs.contains(&object.id))
}

pub(super) struct RangeType;

impl Kind for RangeType {
    fn name(&self) -> &'static str {
        "range_type"
    }

    /// No statement changes a range type. It is made anew under its columns, but where a function needs it and it the
    /// function.
    fn rule(&self, change: &Change<'_>) -> Rule {
        if change.attribute == super::SHADOWED {
            return Rule::Cosmetic;
        }
        let is_entangled = change.attribute == "canonical" || change.object.attribute("canonical").is_some();
        if is_entangled { Rule::Replace } else { Rule::Alter }
    }

    fn create(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let statement = create_statement(&object.id, &attributes);
        let Some(function) = canonical_function(object, sides.to) else {
            return Ok(vec![MigrationStep::create(&object.id, statement)]);
        };
        let mut step = MigrationStep::create(&object.id, format!("CREATE TYPE {}", outer_name(&object.id)));
        step = step.then(routine::FUNCTION.statement(function)?).then(statement);
        Ok(super::found_by_bare_name(object, sides, vec![step.making([function.id.clone()])]))
    }

    /// The values of its columns wait as text while the type is made anew: the functions that make its values keep
    /// their names when a type is renamed, so that there cannot be two at one time.
    fn alter(&self, object: &Object, _: &[Change<'_>], sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let id = &object.id;
        let name = outer_name(id);
        let before: Attributes = sides.from.get(id).map(attributes_of).transpose()?.unwrap_or_default();
        let after: Attributes = attributes_of(object)?;
        let mut step = MigrationStep::alter(id, "").after(remade_type::departures(id, sides));
        step.statements.clear();
        let mut behind = Vec::new();
        for column in remade_type::columns(id, sides) {
            lineage::refuse_partition_key(&column.id, sides)?;
            let printed = column.attribute("type").and_then(serde_json::Value::as_str).unwrap_or_default();
            let (base, array) = printed.strip_suffix("[]").map_or((printed, ""), |base| (base, "[]"));
            let new = if base == before.multirange { &after.multirange } else { &name };
            let head = format!("{} ALTER COLUMN {} TYPE", table::head(&column.id), identifier(last_part(&column.id)));
            let value = identifier(last_part(&column.id));
            step.statements.push(format!("{head} text{array} USING {value}::text{array}"));
            behind.push(format!("{head} {new}{array} USING {value}::{new}{array}"));
            let mut hazard = |kind, detail| step.hazards.push(Hazard { kind, object: column.id.clone(), detail });
            hazard(
                HazardKind::TableRewrite,
                format!("the type {name} is made anew: every row is written again, twice"),
            );
            if matches!(type_change::conversion(&before.subtype, &after.subtype), Conversion::Narrowing { .. }) {
                let change = format!("{name} is a range of {} and becomes one of {}", before.subtype, after.subtype);
                hazard(HazardKind::DataLoss, format!("{change}: values that do not fit stop the change"));
            }
        }
        step.statements.push(format!("DROP TYPE {name}"));
        step.statements.push(create_statement(id, &after));
        step.statements.append(&mut behind);
        Ok(super::found_by_bare_name(object, sides, vec![step]))
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let function = canonical_function(object, sides.from).map(|function| function.id.clone());
        let cascade = if function.is_some() { " CASCADE" } else { "" };
        let step = MigrationStep::drop(&object.id, format!("DROP TYPE {}{cascade}", outer_name(&object.id)))
            .after(remade_type::ends_of_old_forms_of(&object.id, sides));
        let along = function.iter().flat_map(|function| super::comments_of(function, sides.from));
        let comments = super::comments_within(&object.id, sides.from);
        let step = step.unmaking(along.chain(comments).collect::<Vec<_>>()).unmaking(function);
        Ok(super::found_by_bare_name(object, sides, vec![step]))
    }

    fn disturbs(&self, _: &[Change<'_>], dependent: &Object, sides: &Sides<'_>) -> Disturbance {
        remade_type::disturbs_alone(dependent, sides)
    }

    fn claims(&self, object: &Object) -> Vec<String> {
        let multirange = object.attribute("multirange").and_then(serde_json::Value::as_str);
        let multirange = multirange.map(|name| format!("type {name}"));
        std::iter::once(super::type_name(&object.id)).chain(multirange).collect()
    }
}
