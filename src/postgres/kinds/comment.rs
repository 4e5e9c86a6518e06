//! Comments: objects of their own, named after what they are on, so that they come back when that is made again.

use schema_sync_store::{Object, ObjectId, SchemaSnapshot};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::super::catalog::{Cells, Namespace, Reading, Server, Source, class, object};
use super::super::quote::{
    dollar_quoted, identifier, in_schema, last_name, last_part, literal, outer_name, printed_name,
};
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{MigrationStep, PlanError};

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Attributes {
    text: String,
    /// For a column of a view or of a composite type, which is no object: its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    column: Option<String>,
    /// For another part that is no object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    part: Option<Part>,
}

/// A part of an object that is none itself and that comments can be on.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    what: What,
    /// A constraint's as it is; of what is no constraint, as SQL has it.
    name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    /// Of a domain, or of a column that must not be null.
    Constraint,
    /// The type that comes along with a range type.
    Multirange,
    /// One that makes values of a range type.
    Function,
    /// The rule that makes a view.
    Rule,
    /// That of a key, which may have a comment beside the key's own.
    Index,
    /// Of an identity column, which is found by that.
    Sequence,
}

impl What {
    /// What a comment is on whose class is not that of the object at its address.
    fn of(class: u32, target: &ObjectId) -> Option<Self> {
        match (class, target.kind.as_str()) {
            (class::CONSTRAINT, "domain" | "column") => Some(Self::Constraint),
            (class::TYPE, "range_type") => Some(Self::Multirange),
            (class::PROCEDURE, "range_type") => Some(Self::Function),
            (class::REWRITE, "view" | "materialized_view") => Some(Self::Rule),
            (class::RELATION, "primary_key" | "unique" | "exclusion") => Some(Self::Index),
            _ => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Constraint => "constraint",
            Self::Multirange => "multirange",
            Self::Function => "function",
            Self::Rule => "rule",
            Self::Index => "index",
            Self::Sequence => "sequence",
        }
    }
}

/// The name of the comment on the tenant's own schema, which is no object and has no name of its own.
const OWN_SCHEMA: &str = "schema";
/// What the schema `public` of a new database is commented with.
const PUBLIC: &str = "standard public schema";

/// The identity of the comment on an object.
pub(super) fn id_of(target: &ObjectId) -> ObjectId {
    let name = target.name.iter().cloned().chain([target.kind.clone()]);
    target.sibling("comment", name)
}

pub(in super::super) const SOURCE: Source = Source { name: "comment", body, read };

/// Comments on what is in the namespace, and on what hangs on a relation or a type there: indexes, constraints,
/// triggers, rules. Few databases comment on these, so it is asked once whether any comment of a class exists before
/// they are looked up one by one. The last column names the part of an object that a comment is on.
fn body(_: &Server) -> String {
    let part_of_type =
        "(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = s.objoid AND a.attnum = s.objsubid)";
    let hanging = |join: &str, oid: &str, class: u32, catalogue: u32| {
        let part = match (class, catalogue) {
            (1259, 1247) => part_of_type,
            (2606, 1247) => "k.conname::text",
            (2606, 1259) => "CASE WHEN k.contype = 'n' THEN k.conname::text END",
            (2618, _) => "r.rulename::text",
            _ => "NULL",
        };
        format!(
            " UNION ALL SELECT s.classoid, s.objoid, s.objsubid, s.description, {part} FROM pg_depend d {join} \
             JOIN pg_description s ON s.objoid = {oid} AND s.classoid = {class} \
             WHERE d.refclassid = 2615 AND d.refobjid = t.ns AND d.refobjsubid = 0 AND d.classid = {catalogue} \
             AND EXISTS (SELECT FROM pg_description a WHERE a.classoid = {class} AND a.objoid >= 16384)"
        )
    };
    let mut text = "SELECT s.classoid, s.objoid, s.objsubid, s.description, NULL::text FROM pg_description s \
         WHERE s.classoid = 2615 AND s.objoid = t.ns AND s.objsubid = 0 \
         UNION ALL SELECT s.classoid, s.objoid, s.objsubid, s.description, CASE \
           WHEN s.classoid = 1247 THEN (SELECT format_type(y.oid, NULL) FROM pg_type y WHERE y.oid = s.objoid AND y.typtype = 'm') \
           WHEN s.classoid = 1255 THEN (SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.oid = s.objoid AND p.prolang = 12) \
         END FROM pg_depend d JOIN pg_description s ON s.objoid = d.objid AND s.classoid = d.classid \
         WHERE d.refclassid = 2615 AND d.refobjid = t.ns AND d.refobjsubid = 0"
        .to_owned();
    text += &hanging("JOIN pg_type y ON y.oid = d.objid AND y.typrelid <> 0", "y.typrelid", 1259, 1247);
    text += &hanging("JOIN pg_index i ON i.indrelid = d.objid", "i.indexrelid", 1259, 1259);
    text += &hanging("JOIN pg_constraint k ON k.conrelid = d.objid", "k.oid", 2606, 1259);
    text += &hanging("JOIN pg_constraint k ON k.contypid = d.objid", "k.oid", 2606, 1247);
    text += &hanging("JOIN pg_trigger g ON g.tgrelid = d.objid AND NOT g.tgisinternal", "g.oid", 2620, 1259);
    text += &hanging("JOIN pg_policy p ON p.polrelid = d.objid", "p.oid", 3256, 1259);
    text += &hanging("JOIN pg_rewrite r ON r.ev_class = d.objid", "r.oid", 2618, 1259);
    text
}

fn read(cells: &Cells<'_>, namespace: &Namespace, reading: &mut Reading) -> Result<(), String> {
    let (class, oid, column): (u32, u32, i32) = (cells.get(1)?, cells.get(2)?, cells.get(3)?);
    let address = (class, oid, column);
    if class == class::NAMESPACE {
        let text: String = cells.get(4)?;
        let object = match &namespace.schema {
            Some(name) => on(&ObjectId::new("schema", [name.clone()]), &text)?,
            // The comment that every `public` is born with says nothing.
            None if text == PUBLIC => return Ok(()),
            None => object(ObjectId::new("comment", [OWN_SCHEMA]), &Attributes { text, column: None, part: None }, [])?,
        };
        reading.add((0, oid, 0), object);
        return Ok(());
    }
    let Some(target) = reading.at(address).map(|object| object.id.clone()) else { return Ok(()) };
    let part: Option<&str> = cells.get(5)?;
    let of_sequence = (class == class::RELATION && column == 0 && target.kind == "column").then_some(What::Sequence);
    let what = What::of(class, &target).or(of_sequence);
    let is_named_so = matches!(what, Some(What::Index | What::Sequence));
    let name = if is_named_so { target.name.last().cloned() } else { part.map(SmolStr::new) };
    if let (Some(what), Some(name)) = (what, name) {
        let names = target.name.iter().cloned().chain([name.clone(), SmolStr::new_static(what.word())]);
        let id = target.sibling("comment", names);
        let part = Some(Part { what, name: name.to_string() });
        let attributes = Attributes { text: cells.get(4)?, column: None, part };
        reading.add((0, oid, column_address(class, &id)), object(id, &attributes, [target])?);
        return Ok(());
    }
    let relation_column = || {
        if let Some(attribute) = part.filter(|_| class == class::RELATION) {
            return Some(SmolStr::new(attribute));
        }
        let relation = reading.relations.get(&oid).filter(|_| class == class::RELATION && target.kind != "column")?;
        i16::try_from(column).ok().and_then(|number| relation.columns.get(&number)).map(|found| found.name.clone())
    };
    let text: String = cells.get(4)?;
    let (id, column) = match relation_column() {
        Some(name) => {
            let parts = target.name.iter().cloned().chain([name.clone(), SmolStr::new_static("column")]);
            (target.sibling("comment", parts), Some(name.to_string()))
        }
        None if column != 0 && target.kind != "column" => return super::unmodelled::comment(reading, &target, column),
        None => (id_of(&target), None),
    };
    reading.add((0, oid, column_address(class, &id)), object(id, &Attributes { text, column, part: None }, [target])?);
    Ok(())
}

/// Nothing refers to a comment; its address need only differ from the others'.
fn column_address(class: u32, id: &ObjectId) -> i32 {
    i32::try_from(id.name.len()).unwrap_or_default() + i32::try_from(class).unwrap_or_default() * 16
}

/// A comment on a schema or an extension, which belong to no namespace.
pub(in super::super) fn on(target: &ObjectId, text: &str) -> Result<Object, String> {
    object(id_of(target), &Attributes { text: text.to_owned(), column: None, part: None }, [target.clone()])
}

pub(super) struct Comment;

/// What a comment is on: what is in another schema needs that schema as well.
pub(super) fn target_of(object: &Object) -> Option<&ObjectId> {
    object.needs.iter().find(|need| need.kind != "schema").or_else(|| object.needs.first())
}

/// The step, in which what the comment is on is found where one of the server's own has the same name.
fn found(object: &Object, sides: &Sides<'_>, step: MigrationStep) -> Vec<MigrationStep> {
    let target = target_of(object).and_then(|id| sides.to.get(id).or_else(|| sides.from.get(id)));
    match target {
        Some(target) => super::found_by_bare_name(target, sides, vec![step]),
        None => vec![step],
    }
}

/// What a comment is on, as COMMENT ON has it.
fn target_text(object: &Object, attributes: &Attributes, side: &SchemaSnapshot) -> Result<String, PlanError> {
    let malformed = |reason: &str| PlanError::Malformed { object: object.id.clone(), reason: reason.to_owned() };
    let target = target_of(object).ok_or_else(|| malformed("it needs nothing that it could be on"))?;
    if let Some(column) = &attributes.column {
        return Ok(format!("COLUMN {}.{}", outer_name(target), identifier(column)));
    }
    if let Some(Part { what, name }) = &attributes.part {
        return Ok(match what {
            What::Constraint => {
                let word = if target.kind == "domain" { "DOMAIN " } else { "" };
                format!("CONSTRAINT {} ON {word}{}", identifier(name), outer_name(target))
            }
            What::Multirange => format!("TYPE {name}"),
            What::Function => format!("FUNCTION {name}"),
            What::Sequence => return Err(malformed("a comment on a sequence is set by its column")),
            What::Index => format!("INDEX {}", in_schema(target.schema.as_ref(), name)),
            What::Rule => format!("RULE {} ON {}", identifier(name), outer_name(target)),
        });
    }
    let kind = target.kind.as_str();
    Ok(match kind {
        "table" if side.get(target).is_some_and(|table| table.attribute("foreign").is_some()) => {
            format!("FOREIGN TABLE {}", outer_name(target))
        }
        "table" | "view" | "sequence" | "domain" | "schema" | "extension" | "statistics" | "collation" => {
            format!("{} {}", kind.to_uppercase(), outer_name(target))
        }
        "materialized_view" => format!("MATERIALIZED VIEW {}", outer_name(target)),
        "base_type" | "enum" | "composite_type" | "range_type" => format!("TYPE {}", outer_name(target)),
        "column" => format!("COLUMN {}.{}", outer_name(target), identifier(last_part(target))),
        "index" => format!("INDEX {}", last_name(target)),
        "function" | "procedure" => format!("{} {}", kind.to_uppercase(), printed_name(target)),
        "aggregate" => format!("AGGREGATE {}", printed_name(target).replace("()", "(*)")),
        "trigger" | "rule" | "policy" => {
            format!("{} {} ON {}", kind.to_uppercase(), identifier(last_part(target)), outer_name(target))
        }
        "primary_key" | "unique" | "check" | "foreign_key" | "exclusion" => {
            format!("CONSTRAINT {} ON {}", identifier(last_part(target)), outer_name(target))
        }
        _ if super::replaced::is_named(target) => super::replaced::target(target),
        _ => return Err(malformed("comments on such objects are not modelled")),
    })
}

/// The statement that sets the text of a comment, given as SQL.
fn comment_statement(
    object: &Object,
    attributes: &Attributes,
    text: &str,
    side: &SchemaSnapshot,
) -> Result<String, PlanError> {
    let is_on_sequence = matches!(attributes.part, Some(Part { what: What::Sequence, .. }));
    let Some(column) = target_of(object).filter(|_| is_on_sequence) else {
        return Ok(format!("COMMENT ON {} IS {text}", target_text(object, attributes, side)?));
    };
    let (table, name) = (literal(&outer_name(column)), literal(last_part(column)));
    let sequence = format!("pg_catalog.pg_get_serial_sequence({table}, {name})");
    let body = format!("BEGIN EXECUTE pg_catalog.format('COMMENT ON SEQUENCE %s IS %L', {sequence}, {text}); END");
    Ok(format!("DO {}", dollar_quoted(&body)))
}

/// A comment on the tenant's own schema, whatever that is called where the statement runs.
fn on_own_schema(text: &str) -> String {
    let body = format!("BEGIN EXECUTE format('COMMENT ON SCHEMA %I IS %L', current_schema(), {text}); END");
    format!("DO {}", dollar_quoted(&body))
}

impl Comment {
    fn is_on_own_schema(object: &Object) -> bool {
        object.needs.is_empty() && object.id.name.len() == 1 && object.id.name[0] == OWN_SCHEMA
    }

    /// The statement that gives what a comment is on its text.
    pub(super) fn set(object: &Object, sides: &Sides<'_>) -> Result<String, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        if Self::is_on_own_schema(object) {
            return Ok(on_own_schema(&literal(&attributes.text)));
        }
        comment_statement(object, &attributes, &literal(&attributes.text), sides.to)
    }
}

impl Kind for Comment {
    fn name(&self) -> &'static str {
        "comment"
    }

    fn rule(&self, _: &Change<'_>) -> Rule {
        Rule::Alter
    }

    /// Setting the text of a comment brings it nowhere else: one on a column of a view that becomes a table's.
    fn rebinds(&self, _: &[Change<'_>], _: &ObjectId) -> bool {
        false
    }

    fn create(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        Ok(found(object, sides, MigrationStep::create(&object.id, Self::set(object, sides)?)))
    }

    fn alter(&self, object: &Object, _: &[Change<'_>], sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        Ok(found(object, sides, MigrationStep::alter(&object.id, Self::set(object, sides)?)))
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        if Self::is_on_own_schema(object) {
            let text = format!("CASE WHEN current_schema() = 'public' THEN {} END", literal(PUBLIC));
            return Ok(vec![MigrationStep::drop(&object.id, on_own_schema(&text))]);
        }
        let attributes: Attributes = attributes_of(object)?;
        let text = comment_statement(object, &attributes, "NULL", sides.from)?;
        Ok(found(object, sides, MigrationStep::drop(&object.id, text)))
    }
}
