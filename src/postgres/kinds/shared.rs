//! What several kinds say in the same words.

use schema_sync_store::{Object, ObjectId, SchemaSnapshot};

use super::super::quote::{dollar_quoted, identifier, last_name, last_part, literal, outer_name, printed_name};
use super::table;
use crate::kind::Sides;
use crate::plan::{MigrationStep, PlanError};

/// The name that tables, views, sequences and indexes of one schema share among them.
pub(super) fn relation_name(id: &ObjectId) -> String {
    format!("relation {}", outer_name(id))
}

/// The same for an index, whose name is the last part.
pub(super) fn index_name(id: &ObjectId) -> String {
    format!("relation {}", last_name(id))
}

/// The name that types share with the row types of tables and views.
pub(super) fn type_name(id: &ObjectId) -> String {
    format!("type {}", outer_name(id))
}

/// The name, with the types of arguments, that functions, procedures and aggregates share.
pub(super) fn routine_name(id: &ObjectId) -> String {
    format!("routine {}", printed_name(id))
}

/// The name that the constraints of one table share.
pub(super) fn constraint_name(id: &ObjectId) -> String {
    format!("constraint {} on {}", identifier(last_part(id)), outer_name(id))
}

/// Storage parameters as WITH and SET have them.
pub(super) fn options_text(options: &[String]) -> String {
    let text = |option: &String| match option.split_once('=') {
        Some((name, value)) => format!("{name}={}", literal(value)),
        None => option.clone(),
    };
    options.iter().map(text).collect::<Vec<_>>().join(", ")
}

/// What sets and resets storage parameters.
pub(super) fn option_clauses(before: &[String], after: &[String]) -> Vec<String> {
    let name_of = |option: &String| option.split('=').next().unwrap_or_default().to_owned();
    let set: Vec<String> = after.iter().filter(|option| !before.contains(option)).cloned().collect();
    let kept: Vec<String> = after.iter().map(name_of).collect();
    let reset: Vec<String> = before.iter().map(name_of).filter(|name| !kept.contains(name)).collect();
    let mut clauses = Vec::new();
    if !reset.is_empty() {
        clauses.push(format!("RESET ({})", reset.join(", ")));
    }
    if !set.is_empty() {
        clauses.push(format!("SET ({})", options_text(&set)));
    }
    clauses
}

/// When a constraint is looked at.
pub(super) fn deferral(deferrable: bool, initially_deferred: bool) -> &'static str {
    match (deferrable, initially_deferred) {
        (true, true) => " DEFERRABLE INITIALLY DEFERRED",
        (true, false) => " DEFERRABLE",
        (false, _) => "",
    }
}

/// The attribute of a type or routine of the tenant's own schema whose bare name means one of the server's own: `name`,
/// `lower(text)`. It never counts as a difference; servers of another release have other names.
pub(super) const SHADOWED: &str = "shadowed";

/// The same steps, in which the bare name of a shadowed object means that object.
///
/// Outside of them `pg_catalog` goes first, unnamed, as what the server prints is printed so. Here it is named and goes
/// last. Both ways the tenant's schema is the one that things are made in.
pub(super) fn found_by_bare_name(object: &Object, sides: &Sides<'_>, steps: Vec<MigrationStep>) -> Vec<MigrationStep> {
    let is_shadowed = |side: &SchemaSnapshot| side.get(&object.id).is_some_and(|it| it.attribute(SHADOWED).is_some());
    if object.id.schema.is_some() || !(is_shadowed(sides.from) || is_shadowed(sides.to)) {
        return steps;
    }
    if let Some(routine) = object.attribute("routine").and_then(serde_json::Value::as_str) {
        return steps.into_iter().map(|step| in_own_schema(step, routine)).collect();
    }
    let path = |behind: &str| {
        let own = "pg_catalog.quote_ident(pg_catalog.current_schema())";
        format!("SELECT pg_catalog.set_config('search_path', {own}{behind}, true)")
    };
    let switch = |mut step: MigrationStep| {
        step.statements.insert(0, path(" || ', pg_catalog'"));
        step.then(path(""))
    };
    steps.into_iter().map(switch).collect()
}

/// The same step, in which the routine has its schema before its name, whatever that is called where the step is run. Its
/// arguments are named as the server prints them, with `pg_catalog` first.
fn in_own_schema(mut step: MigrationStep, routine: &str) -> MigrationStep {
    let name = format!(" {}(", identifier(routine));
    for statement in &mut step.statements {
        let Some(at) = statement.find(&name) else { continue };
        let (before, behind) = statement.split_at(at + 1);
        let qualified = "pg_catalog.quote_ident(pg_catalog.current_schema()) || '.'";
        let text = format!("{} || {qualified} || {}", literal(before), literal(behind));
        *statement = format!("DO {}", dollar_quoted(&format!("BEGIN EXECUTE {text}; END")));
    }
    step
}

/// The comment on an object, which goes along with it.
pub(super) fn comments_of(id: &ObjectId, side: &SchemaSnapshot) -> Vec<ObjectId> {
    let comment = super::comment::id_of(id);
    side.get(&comment).map(|comment| comment.id.clone()).into_iter().collect()
}

/// The comments on an object and on all that is part of it, which go along with it. Objects of other kinds may have the
/// same name: an extension that of a table.
pub(super) fn comments_within<'a>(id: &'a ObjectId, side: &'a SchemaSnapshot) -> impl Iterator<Item = ObjectId> + 'a {
    let is_own = move |target: &ObjectId| {
        target == id || (target.is_inside(id) && PARTS_OF_RELATIONS.contains(&target.kind.as_str()))
    };
    let comments =
        side.parts("comment", id).filter(move |comment| super::comment::target_of(comment).is_some_and(is_own));
    comments.map(|comment| comment.id.clone())
}

/// The kinds of which objects are parts of tables and views.
const PARTS_OF_RELATIONS: [&str; 10] =
    ["check", "column", "exclusion", "foreign_key", "index", "policy", "primary_key", "rule", "trigger", "unique"];

/// The step that drops a constraint.
pub(super) fn drop_constraint(object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
    let id = &object.id;
    if super::lineage::is_left(object, sides) || super::lineage::goes_with_partition(object, sides) {
        return Ok(Vec::new());
    }
    let clause = format!("DROP CONSTRAINT {}", identifier(last_part(id)));
    let step = MigrationStep::drop(id, "").clause(table::head(id), clause);
    let step = step.locking(table::access_exclusive(&outer_name(id)));
    // The keys of partitions that are attached to this one go along.
    let attached = if id.kind == "foreign_key" { Vec::new() } else { super::index::parts_of(id, sides) };
    Ok(vec![step.unmaking(comments_of(id, sides.from)).unmaking(attached)])
}

/// The step after which a constraint holds for the rows that were there before it.
pub(super) fn validate_constraint(object: &Object) -> MigrationStep {
    let clause = format!("VALIDATE CONSTRAINT {}", identifier(last_part(&object.id)));
    let step = MigrationStep::alter(&object.id, "").clause(table::head(&object.id), clause);
    step.locking(format!("SHARE UPDATE EXCLUSIVE on {}", outer_name(&object.id)))
        .hazard(crate::plan::HazardKind::TableScan, "every row is read to see that it satisfies the constraint")
}

/// Whether all that an object needs is there already, as it will be: only then can the rows that are there be asked.
pub(super) fn columns_exist(object: &Object, sides: &Sides<'_>) -> bool {
    let is_same = |id: &ObjectId| match (sides.from.get(id), sides.to.get(id)) {
        (Some(before), Some(after)) => match id.kind.as_str() {
            // Rows can be asked without them.
            "table" | "primary_key" | "unique" | "index" => true,
            "column" => {
                let is_type = |need: &&ObjectId| !matches!(need.kind.as_str(), "table" | "column");
                let attributes = ["type", "generated"];
                attributes.iter().all(|name| before.attribute(name) == after.attribute(name))
                    && after.needs.iter().filter(is_type).all(|need| is_unchanged(need, sides))
            }
            _ => before.attributes == after.attributes,
        },
        _ => false,
    };
    object.needs.iter().any(|need| need.kind == "column") && object.needs.iter().all(is_same)
}

/// Whether SQL speaks of a name or a value, as a word of its own.
pub(super) fn mentions(text: &str, word: &str) -> bool {
    let is_word = |character: Option<char>| character.is_some_and(|each| each.is_alphanumeric() || each == '_');
    let mut places = text.match_indices(word);
    places.any(|(at, _)| !is_word(text[..at].chars().next_back()) && !is_word(text[at + word.len()..].chars().next()))
}

fn is_unchanged(id: &ObjectId, sides: &Sides<'_>) -> bool {
    sides.to.get(id).is_some()
        && sides.from.get(id).map(|object| &object.attributes) == sides.to.get(id).map(|object| &object.attributes)
}

/// The rows that are in the table of an object, as FROM has them: without those of children, which it does not bind.
pub(super) fn rows_of(id: &ObjectId, sides: &Sides<'_>) -> String {
    let name = outer_name(id);
    if is_partitioned(id, sides) { name } else { format!("ONLY {name}") }
}

/// Whether the table that an object is part of is partitioned.
pub(super) fn is_partitioned(id: &ObjectId, sides: &Sides<'_>) -> bool {
    let table = id.sibling("table", [id.name[0].clone()]);
    sides.to.get(&table).is_some_and(|table| table.attribute("partition_by").is_some())
}
