//! Functions and procedures: two kinds of one shape. A body is carried as it was written.

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::super::catalog::{Cells, Namespace, Reading, Server, Source, class, is_default, object};
use super::super::printed;
use super::super::quote::{dollar_quoted, identifier, in_schema, last_part, literal, printed_name};
use super::{aggregate, described, unmodelled};
use crate::kind::{Change, Disturbance, Kind, Rule, Sides, attributes_of};
use crate::plan::{MigrationStep, PlanError};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    /// The bare name; the object's own name is its signature.
    routine: String,
    /// With names, modes and defaults, as the server prints them.
    #[serde(skip_serializing_if = "is_default")]
    arguments: String,
    #[serde(skip_serializing_if = "is_default")]
    returns: Option<String>,
    language: String,
    /// The body as written, or the symbol in `library`.
    #[serde(skip_serializing_if = "is_default")]
    body: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    library: Option<String>,
    /// A body of standard SQL, as the server prints it.
    #[serde(skip_serializing_if = "is_default")]
    sql_body: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    volatility: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    parallel: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    strict: bool,
    #[serde(skip_serializing_if = "is_default")]
    security_definer: bool,
    #[serde(skip_serializing_if = "is_default")]
    leakproof: bool,
    #[serde(skip_serializing_if = "is_default")]
    window: bool,
    #[serde(skip_serializing_if = "is_default")]
    cost: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    rows: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    support: Option<String>,
    /// Settings for its run, `name=value`.
    #[serde(skip_serializing_if = "is_default")]
    configuration: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    transforms: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    shadowed: bool,
}

pub(in super::super) const SOURCE: Source = Source { name: "routine", body, read };

/// Whether the server has one of the same name and arguments is looked up by index; `pg_function_is_visible` looks at all of
/// that name in all schemas.
fn body(_: &Server) -> String {
    format!(
        "SELECT p.oid, p.proname::text, p.prokind::text, quote_ident(p.proname) || '(' || oidvectortypes(p.proargtypes) || ')', \
     pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), l.lanname::text, p.prosrc, p.probin, \
     CASE WHEN p.prosqlbody IS NOT NULL THEN pg_get_function_sqlbody(p.oid) END, \
     p.provolatile::text, p.proparallel::text, p.proisstrict, p.prosecdef, p.proleakproof, \
     p.procost, p.prorows, p.proretset, p.prosupport::oid, \
     {}, p.proconfig, \
     CASE WHEN p.protrftypes IS NOT NULL THEN \
       (SELECT string_agg('FOR TYPE ' || format_type(u, NULL), ', ') FROM unnest(p.protrftypes) u) END, \
     CASE WHEN p.prokind = 'a' THEN pg_get_function_identity_arguments(p.oid) END, \
     CASE WHEN p.prolang = 12 THEN (SELECT i.refobjid FROM pg_depend i WHERE i.classid = 1255 AND i.objid = p.oid \
       AND i.deptype = 'i' AND i.refclassid = 1247) END, \
     coalesce((SELECT true FROM pg_proc s WHERE s.proname = p.proname AND s.proargtypes = p.proargtypes \
       AND s.pronamespace = 11), false) \
     FROM pg_depend d JOIN pg_proc p ON p.oid = d.objid JOIN pg_language l ON l.oid = p.prolang \
     WHERE d.refclassid = 2615 AND d.refobjid = t.ns AND d.refobjsubid = 0 AND d.classid = 1255 \
     AND p.pronamespace = t.ns",
        described::function("p.prosupport"),
    )
}

fn read(cells: &Cells<'_>, namespace: &Namespace, reading: &mut Reading) -> Result<(), String> {
    let oid: u32 = cells.get(1)?;
    if reading.is_extension_member(class::PROCEDURE, oid) {
        return Ok(());
    }
    if let Some(range) = cells.get::<Option<u32>>(24)? {
        // The server made it along with a range type.
        reading.alias((class::PROCEDURE, oid, 0), (class::TYPE, range, 0));
        return Ok(());
    }
    let signature = SmolStr::new(cells.get::<&str>(4)?);
    let id = |kind: &str| ObjectId::new(kind, [signature.clone()]).in_schema(namespace.schema.clone());
    let mut object = match cells.get::<&str>(3)? {
        "f" | "w" => object(id("function"), &attributes(cells)?, [])?,
        "p" => object(id("procedure"), &attributes(cells)?, [])?,
        "a" => aggregate::placeholder(id("aggregate"), cells)?,
        _ => unmodelled::object("routine", namespace, signature.clone()),
    };
    if namespace.schema.is_none() && object.id.kind != "unmodelled" && cells.get(25)? {
        object.attributes.insert(super::SHADOWED.to_owned(), true.into());
    }
    reading.add((class::PROCEDURE, oid, 0), object);
    Ok(())
}

fn attributes(cells: &Cells<'_>) -> Result<Attributes, String> {
    let language: &str = cells.get(7)?;
    let is_compiled = matches!(language, "c" | "internal");
    let (cost, rows): (f32, f32) = (cells.get(16)?, cells.get(17)?);
    let default_cost = if is_compiled { 1.0 } else { 100.0 };
    let returns_set: bool = cells.get(18)?;
    let default_rows = if returns_set { 1000.0 } else { 0.0 };
    let differs = |value: f32, default: f32| ((value - default).abs() > f32::EPSILON).then(|| value.to_string());
    let sql_body = cells.get::<Option<String>>(10)?.map(printed::statements);
    Ok(Attributes {
        routine: cells.get(2)?,
        arguments: printed::expression(cells.get(5)?),
        returns: cells.get(6)?,
        language: language.to_owned(),
        body: if sql_body.is_some() { None } else { Some(cells.get(8)?) },
        library: cells.get(9)?,
        sql_body,
        volatility: match cells.get::<&str>(11)? {
            "i" => Some("IMMUTABLE".to_owned()),
            "s" => Some("STABLE".to_owned()),
            _ => None,
        },
        parallel: match cells.get::<&str>(12)? {
            "s" => Some("SAFE".to_owned()),
            "r" => Some("RESTRICTED".to_owned()),
            _ => None,
        },
        strict: cells.get(13)?,
        security_definer: cells.get(14)?,
        leakproof: cells.get(15)?,
        window: cells.get::<&str>(3)? == "w",
        cost: differs(cost, default_cost),
        rows: differs(rows, default_rows),
        support: cells.get(20)?,
        configuration: cells.get::<Option<Vec<String>>>(21)?.unwrap_or_default(),
        transforms: cells.get(22)?,
        shadowed: false,
    })
}

pub(super) struct Routine {
    name: &'static str,
    words: &'static str,
}

pub(super) const FUNCTION: Routine = Routine { name: "function", words: "FUNCTION" };
pub(super) const PROCEDURE: Routine = Routine { name: "procedure", words: "PROCEDURE" };

impl Routine {
    pub(super) fn statement(&self, object: &Object) -> Result<String, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let name = in_schema(object.id.schema.as_ref(), &attributes.routine);
        let mut text = format!("CREATE OR REPLACE {} {name}({})", self.words, attributes.arguments);
        if let Some(returns) = &attributes.returns {
            text.push_str(&format!(" RETURNS {returns}"));
        }
        text.push_str(&format!("\n LANGUAGE {}", identifier(&attributes.language)));
        if let Some(transforms) = &attributes.transforms {
            text.push_str(&format!("\n TRANSFORM {transforms}"));
        }
        let words = [
            attributes.window.then(|| "WINDOW".to_owned()),
            attributes.volatility.clone(),
            attributes.parallel.as_ref().map(|parallel| format!("PARALLEL {parallel}")),
            attributes.strict.then(|| "STRICT".to_owned()),
            attributes.security_definer.then(|| "SECURITY DEFINER".to_owned()),
            attributes.leakproof.then(|| "LEAKPROOF".to_owned()),
            attributes.cost.as_ref().map(|cost| format!("COST {cost}")),
            attributes.rows.as_ref().map(|rows| format!("ROWS {rows}")),
            attributes.support.as_ref().map(|support| format!("SUPPORT {support}")),
        ];
        let words: Vec<String> = words.into_iter().flatten().collect();
        if !words.is_empty() {
            text.push_str(&format!("\n {}", words.join(" ")));
        }
        for setting in &attributes.configuration {
            text.push_str(&format!("\n SET {}", setting_clause(setting)));
        }
        match (&attributes.sql_body, &attributes.library, &attributes.body) {
            (Some(body), ..) => text.push_str(&format!("\n{body}")),
            (None, Some(library), Some(symbol)) => {
                text.push_str(&format!("\nAS {}, {}", literal(library), literal(symbol)));
            }
            (None, _, Some(body)) => text.push_str(&format!("\nAS {}", dollar_quoted(body))),
            (None, _, None) => {
                let reason = "it has no body".to_owned();
                return Err(PlanError::Malformed { object: object.id.clone(), reason });
            }
        }
        Ok(text)
    }
}

/// What a routine that goes is called until it is gone.
struct Aside {
    name: String,
    /// With its arguments, as DROP has it.
    printed: String,
}

impl Routine {
    /// While a routine goes and one of the same name stays or comes, `f(1)` could be a call of both, or of the wrong one.
    /// Where something stops calling the one that goes and stays itself, this one changes its name first.
    fn step_aside(&self, object: &Object, sides: &Sides<'_>) -> Result<Option<Aside>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let is_namesake = |other: &Object| {
            let name = other.attribute("routine").and_then(serde_json::Value::as_str);
            other.id != object.id && other.id.schema == object.id.schema && name == Some(&attributes.routine)
        };
        let callers = sides.from.objects().iter().filter(|caller| caller.needs.contains(&object.id));
        let mut callers = callers.filter_map(|caller| sides.to.get(&caller.id));
        if sides.to.get(&object.id).is_some()
            || !callers.any(|caller| !caller.needs.contains(&object.id))
            || !sides.to.of_kind(self.name).any(is_namesake)
        {
            return Ok(None);
        }
        let printed = last_part(&object.id);
        let Some(arguments) = printed.strip_prefix(identifier(&attributes.routine).as_str()) else { return Ok(None) };
        let name = format!("{}_replaced", attributes.routine);
        let printed = format!("{}{arguments}", in_schema(object.id.schema.as_ref(), &name));
        Ok(Some(Aside { name, printed }))
    }
}

/// The transforms of a routine's language as it was before. A routine that is made while there is one for a type of its
/// arguments leans on that, whether or not it speaks of it: so it is made when those that go are gone.
fn former_transforms(object: &Object, sides: &Sides<'_>) -> Vec<ObjectId> {
    let language = object.attribute("language").and_then(serde_json::Value::as_str).unwrap_or_default();
    let transforms = sides.from.of_kind("transform").filter(|transform| last_part(&transform.id) == language);
    transforms.map(|transform| transform.id.clone()).collect()
}

/// Settings that hold lists of names are stored as such lists (`GUC_LIST_QUOTE` in PostgreSQL's sources), of which each
/// name is a literal, as one may be empty; the others are plain text.
fn setting_clause(setting: &str) -> String {
    const LISTS: [&str; 5] = [
        "local_preload_libraries",
        "search_path",
        "session_preload_libraries",
        "shared_preload_libraries",
        "temp_tablespaces",
    ];
    let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
    if LISTS.contains(&name) && !value.is_empty() {
        let items: Vec<String> = list_items(value).iter().map(|item| literal(item)).collect();
        format!("{name} TO {}", items.join(", "))
    } else {
        let parts: Vec<String> = name.split('.').map(identifier).collect();
        format!("{} TO {}", parts.join("."), literal(value))
    }
}

/// The names of a list as settings hold it: parted by commas, in double quotes where need be.
fn list_items(list: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let mut is_quoted = false;
    let mut characters = list.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if is_quoted && characters.peek() == Some(&'"') => {
                characters.next();
                items.last_mut().into_iter().for_each(|item| item.push('"'));
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => items.push(String::new()),
            character if character.is_whitespace() && !is_quoted => {}
            character => items.last_mut().into_iter().for_each(|item| item.push(character)),
        }
    }
    items
}

impl Kind for Routine {
    fn name(&self) -> &'static str {
        self.name
    }

    /// CREATE OR REPLACE keeps what leans on a routine, but changes neither names nor types of its arguments.
    fn rule(&self, change: &Change<'_>) -> Rule {
        match change.attribute {
            "arguments" | "returns" | "window" => Rule::Replace,
            super::SHADOWED => Rule::Cosmetic,
            _ => Rule::Alter,
        }
    }

    fn create(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let step = MigrationStep::create(&object.id, self.statement(object)?).after(former_transforms(object, sides));
        // Bodies that are text may call it, which nobody sees: it is missing for as short as can be.
        Ok(vec![if sides.from.get(&object.id).is_some() { step.early() } else { step }])
    }

    fn alter(&self, object: &Object, _: &[Change<'_>], sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let step = MigrationStep::alter(&object.id, self.statement(object)?);
        Ok(vec![step.after(former_transforms(object, sides))])
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let name = printed_name(&object.id);
        let Some(aside) = self.step_aside(object, sides)? else {
            let step = MigrationStep::drop(&object.id, format!("DROP {} {name}", self.words));
            let step = step.unmaking(super::comments_of(&object.id, sides.from));
            return Ok(super::found_by_bare_name(object, sides, vec![step]));
        };
        let rename = format!("ALTER {} {name} RENAME TO {}", self.words, identifier(&aside.name));
        let mut rename = MigrationStep::drop(&object.id, rename);
        rename.unmakes.clear();
        let step = MigrationStep::drop(&object.id, format!("DROP {} {}", self.words, aside.printed));
        let step = step.unmaking(super::comments_of(&object.id, sides.from));
        let mut steps = super::found_by_bare_name(object, sides, vec![rename]);
        steps.push(step);
        Ok(steps)
    }

    /// Between what its body needs no longer and what it needs instead there may be no other order than to make it anew.
    fn is_derived(&self) -> bool {
        true
    }

    /// See [`former_transforms`].
    fn rebinds(&self, _: &[Change<'_>], need: &ObjectId) -> bool {
        need.kind != "transform"
    }

    /// A new body may speak of what other steps make, so that nothing may call it before them.
    fn disturbs(&self, _: &[Change<'_>], dependent: &Object, _: &Sides<'_>) -> Disturbance {
        if dependent.id.kind == "event_trigger" { Disturbance::Recreate } else { Disturbance::None }
    }

    fn claims(&self, object: &Object) -> Vec<String> {
        vec![super::routine_name(&object.id)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_rendered_as_they_were_made() {
        let check = |setting: &str, expected: &str| assert_eq!(setting_clause(setting), expected);
        check("work_mem=4MB", "work_mem TO '4MB'");
        check("my.Own=it's", "my.\"Own\" TO 'it''s'");
        check("search_path=", "search_path TO ''");
        check(
            "search_path=\"$user\", a, \"b, c\", \"\", \"d\"\"e\"",
            "search_path TO '$user', 'a', 'b, c', '', 'd\"e'",
        );
    }
}
