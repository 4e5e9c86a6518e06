//! The steps that change a column in place, beside what making and dropping it takes.

use schema_sync_store::{Object, ObjectId, SchemaSnapshot};
use serde_json::Value;

use super::super::quote::{dollar_quoted, identifier, last_part, literal, outer_name};
use super::super::type_change::{self, Conversion};
use super::column::{Attributes, altering, definition};
use super::{column, composite_cast, foreign_table, held_type, lineage, not_null, sequence, table};
use crate::kind::{Change, Sides, attributes_of};
use crate::plan::{HazardKind, MigrationStep, PlanError};

/// What a column says beyond its definition, for all columns of a new table.
pub(super) fn extras_of_table(table: &ObjectId, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
    let mut steps = Vec::new();
    for column in sides.to.parts("column", table) {
        steps.extend(extras(&column.id, &Attributes::default(), &attributes_of(column)?, sides));
        let is_written = !column::is_inherited(column) || lineage::is_partition(table, sides);
        steps.extend(not_null::extras(column, is_written, sides)?);
    }
    Ok(steps)
}

/// Storage, compression, statistics and options: what has no place in a column's definition in every release.
pub(super) fn extras(id: &ObjectId, before: &Attributes, after: &Attributes, sides: &Sides<'_>) -> Vec<MigrationStep> {
    let mut clauses = Vec::new();
    let mut steps = Vec::new();
    match &after.storage {
        storage if *storage == before.storage => {}
        Some(storage) => clauses.push(format!("SET STORAGE {storage}")),
        None => steps.push(default_storage(id, sides)),
    }
    if before.compression != after.compression {
        clauses.push(format!("SET COMPRESSION {}", after.compression.as_deref().unwrap_or("default")));
    }
    if before.statistics != after.statistics {
        clauses.push(format!("SET STATISTICS {}", after.statistics.unwrap_or(-1)));
    }
    clauses.extend(super::option_clauses(&before.options, &after.options));
    if before.foreign != after.foreign {
        let changes = after.foreign.clone().unwrap_or_default();
        let changes = changes.changes_from(&before.foreign.clone().unwrap_or_default());
        clauses.extend(Some(changes.trim_start().to_owned()).filter(|changes| !changes.is_empty()));
    }
    steps.extend(clauses.into_iter().map(|clause| altering_alone(id, &clause, sides)));
    steps.extend(super::identity::sequence_type(id, before, after));
    steps.extend(super::identity::sequence_logging(id, before, after, sides));
    steps
}

/// `SET STORAGE DEFAULT` is of PostgreSQL 16; before, the server must be asked how it stores the type.
fn default_storage(id: &ObjectId, sides: &Sides<'_>) -> MigrationStep {
    let head = format!("{} ALTER COLUMN {} SET STORAGE ", table::head_of_one(id, sides), identifier(last_part(id)));
    let word =
        "CASE typstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END";
    let (relation, column) = (literal(&outer_name(id)), literal(last_part(id)));
    let stored = format!(
        "(SELECT {word} FROM pg_catalog.pg_attribute JOIN pg_catalog.pg_type y ON y.oid = atttypid \
         WHERE attrelid = {relation}::pg_catalog.regclass AND attname = {column})"
    );
    let body = format!("BEGIN EXECUTE {} || {stored}; END", literal(&head));
    let step = MigrationStep::alter(id, format!("DO {}", dollar_quoted(&body)));
    step.locking(table::access_exclusive(&outer_name(id)))
}

/// As [`altering`], leaving children of the table alone: they tell for themselves.
fn altering_alone(id: &ObjectId, clause: &str, sides: &Sides<'_>) -> MigrationStep {
    let clause = format!("ALTER COLUMN {} {clause}", identifier(last_part(id)));
    let step = MigrationStep::alter(id, "").clause(table::head_of_one(id, sides), clause);
    step.locking(table::access_exclusive(&outer_name(id)))
}

/// A serial column: its sequence is made before it and owned by it after.
pub(super) fn with_owned_sequences(
    mut step: MigrationStep,
    owned: &[&Object],
    sides: &Sides<'_>,
) -> Result<MigrationStep, PlanError> {
    let mut statements = Vec::new();
    let mut owning = Vec::new();
    for sequence in owned {
        statements.push(sequence::create_statement(sequence)?);
        owning.extend(sequence::own_statements(sequence, sides)?);
        step.makes.push(sequence.id.clone());
    }
    statements.append(&mut step.statements);
    statements.extend(owning);
    step.statements = statements;
    step.fold = crate::plan::Fold::Alone;
    Ok(step)
}

/// A column that children declare themselves: theirs are made before it.
pub(super) fn with_joining(
    mut step: MigrationStep,
    joining: &[&Object],
    sides: &Sides<'_>,
) -> Result<MigrationStep, PlanError> {
    for (place, column) in joining.iter().enumerate() {
        let id = &column.id;
        let default = sides.to.get(&id.sibling("default", id.name.clone()));
        let clause = format!("ADD COLUMN {}", definition(column, default, sides.to)?);
        step.statements.insert(place, format!("{} {clause}", table::head(id)));
        step = step.making(default.map(|default| default.id.clone()));
        step.fold = crate::plan::Fold::Alone;
    }
    Ok(step)
}

pub(super) fn alter_type(id: &ObjectId, before: &Attributes, after: &Attributes, sides: &Sides<'_>) -> MigrationStep {
    let collation = after.collation.as_ref().map_or_else(String::new, |name| format!(" COLLATE {name}"));
    let conversion = match (sides.from.get(id), sides.to.get(id)) {
        (Some(old), Some(new)) => held_type::conversion(old, new, sides),
        _ => type_change::conversion(&before.type_name, &after.type_name),
    };
    let column = identifier(last_part(id));
    // Values of a foreign table are converted when they are fetched.
    let value = of_another_composite(id, before, after, sides).or_else(|| conversion.value_of(&column));
    let value = value.filter(|_| !foreign_table::is_foreign(id, sides));
    let using = value.map_or_else(String::new, |value| format!(" USING {value}"));
    let step = altering(id, &format!("TYPE {}{collation}{using}", after.type_name));
    let change = format!("{} becomes {}", before.type_name, after.type_name);
    match conversion {
        Conversion::Lossless { rewrites: false } => step,
        Conversion::Lossless { rewrites: true } => {
            step.hazard(HazardKind::TableRewrite, format!("{change}: every row is written again"))
        }
        Conversion::Narrowing { .. } => step
            .hazard(HazardKind::DataLoss, format!("{change}: values that do not fit are lost or stop the change"))
            .hazard(HazardKind::TableRewrite, format!("{change}: every row is written again")),
    }
}

/// The values of a column of one composite type as those of another, where both are such types and no arrays.
fn of_another_composite(id: &ObjectId, before: &Attributes, after: &Attributes, sides: &Sides<'_>) -> Option<String> {
    let composite = |side: &SchemaSnapshot, printed: &str| {
        let needs = side.get(id)?.needs.iter().filter(|need| need.kind == "composite_type");
        let mut needs = needs.filter(|need| outer_name(need) == printed);
        needs.find_map(|need| side.get(need)).cloned()
    };
    let (old, new) = (composite(sides.from, &before.type_name)?, composite(sides.to, &after.type_name)?);
    // One that changes itself may be as it was or as it will be.
    let is_as_it_was = sides.to.get(&old.id).is_none_or(|to| to.attributes == old.attributes);
    is_as_it_was.then(|| composite_cast::to_another(&identifier(last_part(id)), &old, &new, sides))
}

pub(super) fn is_remade(need: &ObjectId, sides: &Sides<'_>) -> bool {
    matches!(need.kind.as_str(), "enum" | "domain" | "range_type" | "collation") && sides.to.get(need).is_some()
}

/// Whether the type of a column becomes one that does not go together with the old one.
pub(super) fn becomes_unlike(change: &Change<'_>, goes_together: fn(&str, &str) -> bool) -> bool {
    let name = |value: Option<&'_ Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    change.attribute == "type" && !goes_together(&name(change.from), &name(change.to))
}
