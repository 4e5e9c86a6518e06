//! Not-null constraints: part of their columns. PostgreSQL 18 gives them names and properties; a column tells those that
//! differ from what the server would choose, so that older servers, which have none, tell the same.

mod children;
mod names;

use std::collections::HashMap;

use schema_sync_store::{Object, ObjectId, SchemaSnapshot};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::super::catalog::{Address, Reading, class, is_default};
use super::super::quote::{dollar_quoted, identifier, last_part, literal, outer_name};
use super::column::is_inherited;
use super::{constraint, lineage, table};
use crate::kind::Sides;
use crate::plan::{HazardKind, MigrationStep, PlanError};
use children::{is_child_twice, is_renamed_above, is_told_above, keep_with_children, make_way_in_children};
pub(super) use names::{namesakes, with_taken_name};

/// What the server would not have chosen.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct NotNull {
    #[serde(skip_serializing_if = "is_default")]
    name: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    no_inherit: bool,
    #[serde(skip_serializing_if = "is_default")]
    not_valid: bool,
    /// Whether a child's column declares it itself, where its parent has it too and the column's own declaration says
    /// otherwise.
    #[serde(skip_serializing_if = "is_default")]
    local: Option<bool>,
}

impl NotNull {
    /// What it is called where its column has it from no parent.
    pub(super) fn name_on(&self, column: &ObjectId) -> SmolStr {
        self.name.as_deref().map_or_else(|| SmolStr::new(own_name(column)), SmolStr::new)
    }

    /// Whether rows that were there before it may have no value.
    pub(super) fn is_unproven(&self) -> bool {
        self.not_valid
    }
}

/// The attribute of columns.
pub(super) const ATTRIBUTE: &str = "not_null_constraint";

/// A constraint as the catalogue has it.
#[derive(Debug)]
pub(in super::super) struct NotNullRow {
    name: SmolStr,
    no_inherit: bool,
    not_valid: bool,
    is_local: bool,
}

/// Keeps a row for [`finish`].
pub(super) fn read(row: &constraint::ConstraintRow<'_>, reading: &mut Reading) -> Result<(), String> {
    let cells = row.cells;
    let found = NotNullRow {
        name: row.name.clone(),
        no_inherit: cells.get(9)?,
        not_valid: row.not_valid,
        is_local: cells.get(8)?,
    };
    if let Some(address) = row.column_addresses.first() {
        reading.alias((class::CONSTRAINT, row.oid, 0), *address);
        reading.not_nulls.insert((address.1, address.2), found);
    }
    Ok(())
}

/// Once all constraints are read: tells each column what is unlike the server's choice.
pub(in super::super) fn finish(reading: &mut Reading) -> Result<(), String> {
    let rows = std::mem::take(&mut reading.not_nulls);
    let mut told: Vec<(Address, NotNull)> = Vec::new();
    for ((table, number), row) in &rows {
        let address = (class::RELATION, *table, *number);
        let Some(column) = reading.at(address).filter(|object| object.id.kind == "column") else { continue };
        let parent = parents(*table, *number, reading, &rows).min_by(|left, right| left.0.cmp(right.0));
        let is_partition =
            reading.at((class::RELATION, *table, 0)).is_some_and(|table| table.attribute("partition_of").is_some());
        let declared = parent.is_none() || !is_inherited(column);
        let local = (row.is_local != declared && parent.is_some() && !is_partition).then_some(row.is_local);
        let inherits_name = is_partition || !row.is_local;
        let default = match parent.filter(|_| inherits_name) {
            Some((_, parent)) => parent.name.clone(),
            None => SmolStr::new(own_name(&column.id)),
        };
        let name = (row.name != default).then(|| row.name.to_string());
        let not_null = NotNull { name, no_inherit: row.no_inherit, not_valid: row.not_valid, local };
        if not_null != NotNull::default() {
            told.push((address, not_null));
        }
    }
    for (address, not_null) in told {
        let value = serde_json::to_value(&not_null).map_err(|error| error.to_string())?;
        if let Some(column) = reading.at_mut(address) {
            column.attributes.insert(ATTRIBUTE.to_owned(), value);
        }
    }
    Ok(())
}

/// The constraints that a column of a child has from its parents.
fn parents<'a>(
    table: u32,
    number: i32,
    reading: &'a Reading,
    rows: &'a HashMap<(u32, i32), NotNullRow>,
) -> impl Iterator<Item = (&'a ObjectId, &'a NotNullRow)> {
    let relation = reading.relations.get(&table);
    let name =
        relation.and_then(|relation| relation.columns.get(&i16::try_from(number).ok()?)).map(|found| &found.name);
    let parents = relation.into_iter().flat_map(|relation| &relation.parents);
    parents.filter_map(move |parent| {
        let relation = reading.relations.get(parent)?;
        let (number, _) = relation.columns.iter().find(|(_, column)| Some(&column.name) == name)?;
        let row = rows.get(&(*parent, i32::from(*number))).filter(|row| !row.no_inherit)?;
        Some((&relation.id, row))
    })
}

/// The name that the server gives to a column's own constraint, as long as no other has it: `users_email_not_null`.
fn own_name(column: &ObjectId) -> String {
    chosen_name(&[column.name[0].as_str(), last_part(column)])
}

/// One or two names and what the constraint is, cut to 63 bytes as `makeObjectName` of the server cuts them.
pub(super) fn chosen_name(names: &[&str]) -> String {
    let room = 63 - "_not_null".len() - names.len().saturating_sub(1);
    let mut lengths: Vec<usize> = names.iter().map(|name| name.len()).collect();
    while lengths.iter().sum::<usize>() > room {
        // The longest, and the last of equals.
        if let Some(longest) = lengths.iter_mut().max() {
            *longest -= 1;
        }
    }
    let clip = |(name, length): (&&str, usize)| {
        let mut length = length;
        while !name.is_char_boundary(length) {
            length -= 1;
        }
        name[..length].to_owned()
    };
    format!("{}_not_null", names.iter().zip(lengths).map(clip).collect::<Vec<_>>().join("_"))
}

/// What a column of one side says of its constraint; none where it may be null.
pub(super) struct Stated {
    pub(super) name: String,
    /// Whether the server would choose another name of itself.
    pub(super) is_named: bool,
    /// Whether the snapshot tells the name; else it follows a parent's, where the server has such names.
    is_told: bool,
    pub(super) no_inherit: bool,
    pub(super) not_valid: bool,
    /// Whether it is declared by the column itself.
    pub(super) is_local: bool,
}

pub(super) fn of(column: &Object, side: &SchemaSnapshot) -> Result<Option<Stated>, PlanError> {
    if column.attribute("not_null").is_none() {
        return Ok(None);
    }
    let told: NotNull = match column.attribute(ATTRIBUTE) {
        Some(value) => serde_json::from_value(value.clone())
            .map_err(|error| PlanError::Malformed { object: column.id.clone(), reason: error.to_string() })?,
        None => NotNull::default(),
    };
    let parent = parent_of(column, side)?;
    let is_partition =
        side.get(&lineage::table_of(&column.id)).is_some_and(|table| table.attribute("partition_of").is_some());
    let declared = parent.is_none() || !is_inherited(column);
    let is_local = told.local.unwrap_or(declared);
    let own = own_name(&column.id);
    let default = match parent.filter(|_| is_partition || !is_local) {
        Some(parent) => parent.name,
        None => own.clone(),
    };
    let is_told = told.name.is_some();
    let name = told.name.unwrap_or(default);
    let is_named = name != own;
    Ok(Some(Stated { name, is_named, is_told, no_inherit: told.no_inherit, not_valid: told.not_valid, is_local }))
}

/// The constraint that a column has from a parent, of the parent that comes first by name.
fn parent_of(column: &Object, side: &SchemaSnapshot) -> Result<Option<Stated>, PlanError> {
    for parent in column.needs.iter().filter(|need| need.kind == "column").filter_map(|need| side.get(need)) {
        if let Some(stated) = of(parent, side)?.filter(|stated| !stated.no_inherit) {
            return Ok(Some(stated));
        }
    }
    Ok(None)
}

/// What stands in a column's definition; nothing where a step of its own must add it.
pub(super) fn inline(column: &Object, side: &SchemaSnapshot) -> Result<String, PlanError> {
    let is_partition =
        side.get(&lineage::table_of(&column.id)).is_some_and(|table| table.attribute("partition_of").is_some());
    let stated = of(column, side)?.filter(|stated| !stated.not_valid && (stated.is_local || is_partition));
    Ok(stated.map_or_else(String::new, |stated| {
        let name = if stated.is_named { format!(" CONSTRAINT {}", identifier(&stated.name)) } else { String::new() };
        let no_inherit = if stated.no_inherit { " NO INHERIT" } else { "" };
        format!("{name} NOT NULL{no_inherit}")
    }))
}

/// What a new column needs beside its definition.
pub(super) fn extras(column: &Object, is_written: bool, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
    let Some(stated) = of(column, sides.to)? else { return Ok(Vec::new()) };
    let is_missing = stated.not_valid || (stated.is_local && !is_written && parent_of(column, sides.to)?.is_some());
    Ok(if is_missing { vec![add(&column.id, &stated)] } else { Vec::new() })
}

fn add(column: &ObjectId, stated: &Stated) -> MigrationStep {
    let name = identifier(last_part(column));
    if !(stated.is_named || stated.no_inherit || stated.not_valid) {
        return table::altering(column, format!("ALTER COLUMN {name} SET NOT NULL"));
    }
    let no_inherit = if stated.no_inherit { " NO INHERIT" } else { "" };
    let not_valid = if stated.not_valid { " NOT VALID" } else { "" };
    let clause = format!("ADD CONSTRAINT {} NOT NULL {name}{no_inherit}{not_valid}", identifier(&stated.name));
    if stated.is_told || stated.no_inherit || stated.not_valid {
        return table::altering(column, clause);
    }
    // Servers before PostgreSQL 18 have no names for it.
    let head = table::head(column);
    let body = format!(
        "BEGIN IF current_setting('server_version_num')::integer >= 180000 THEN EXECUTE {}; ELSE EXECUTE {}; END IF; END",
        literal(&format!("{head} {clause}")),
        literal(&format!("{head} ALTER COLUMN {name} SET NOT NULL"))
    );
    let step = MigrationStep::alter(column, format!("DO {}", dollar_quoted(&body)));
    step.locking(table::access_exclusive(&outer_name(column)))
}

/// The steps that change whether a column may be null, and what its constraint says.
pub(super) fn alter(before: &Object, after: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
    let id = &after.id;
    let mut steps = Vec::new();
    match (of(before, sides.from)?, of(after, sides.to)?) {
        (None, None) => {}
        (None, Some(stated)) => {
            // A child gets it along with its parent.
            let is_given = !stated.is_local && parent_of(before, sides.from)?.is_none() && is_child_twice(id, sides);
            if !is_given {
                steps.extend(make_way_in_children(after, sides)?);
                steps.push(proven(add(id, &stated), id, &stated));
            }
        }
        (Some(_), None) => {
            steps.push(children::lose(id, sides));
            steps.extend(keep_with_children(after, sides)?);
        }
        // Where both say the same, the name follows a parent: see [`rename_with_table`].
        (Some(_), Some(_)) if before.attribute(ATTRIBUTE) == after.attribute(ATTRIBUTE) => {}
        (Some(old), Some(new)) if is_told_above(before, after, (&old, &new), sides)? => {}
        (Some(old), Some(new)) => steps.extend(restate(id, &old, &new, after, sides)?),
    }
    Ok(steps)
}

/// From one constraint to another.
fn restate(
    id: &ObjectId,
    old: &Stated,
    new: &Stated,
    after: &Object,
    sides: &Sides<'_>,
) -> Result<Vec<MigrationStep>, PlanError> {
    let column = identifier(last_part(id));
    let (name, mut steps) = (identifier(&new.name), Vec::new());
    if new.not_valid && !old.not_valid {
        steps.push(table::altering(id, format!("ALTER COLUMN {column} DROP NOT NULL")));
        steps.push(add(id, new));
        return Ok(steps);
    }
    if old.name != new.name && !is_renamed_above(after, old, new, sides)? {
        steps.extend(rename(id, old, new, sides)?);
    }
    if old.no_inherit != new.no_inherit {
        let word = if new.no_inherit { "NO INHERIT" } else { "INHERIT" };
        steps.push(table::altering(id, format!("ALTER CONSTRAINT {name} {word}")));
    }
    if old.not_valid && !new.not_valid {
        let step = table::altering(id, format!("VALIDATE CONSTRAINT {name}"));
        steps.push(proven(step, id, new));
    }
    if new.is_local && !old.is_local && is_child_twice(id, sides) {
        steps.push(table::altering(id, format!("ALTER COLUMN {column} SET NOT NULL")));
    }
    Ok(steps)
}

/// The steps that rename a constraint. Where another column's has the new name and becomes a third or this one's, it waits
/// for that; where both wait, it has a name between the two.
fn rename(id: &ObjectId, old: &Stated, new: &Stated, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
    let to = |from: &str, to: &str| {
        let clause = format!("RENAME CONSTRAINT {} TO {}", identifier(from), identifier(to));
        let step = MigrationStep::alter(id, format!("{} {clause}", table::head(id)));
        step.locking(table::access_exclusive(&outer_name(id)))
    };
    let Some(other) = holder(id, &new.name, sides)? else { return Ok(vec![to(&old.name, &new.name)]) };
    let moment = |column: &ObjectId| column.sibling("not_null_renamed", column.name.clone());
    let renamed = sides.to.get(&other).map(|other| of(other, sides.to)).transpose()?.flatten();
    if renamed.is_none_or(|renamed| renamed.name != old.name) {
        return Ok(vec![to(&old.name, &new.name).after([other])]);
    }
    let between = format!("{}_before", old.name.get(..56).unwrap_or(&old.name));
    let first = to(&old.name, &between).making([moment(id)]);
    Ok(vec![first, to(&between, &new.name).after([moment(&other)])])
}

/// The other column of the table whose constraint of the `from` side has a name.
fn holder(id: &ObjectId, name: &str, sides: &Sides<'_>) -> Result<Option<ObjectId>, PlanError> {
    for other in sides.from.parts("column", &lineage::table_of(id)).filter(|other| other.id != *id) {
        if of(other, sides.from)?.is_some_and(|stated| stated.name == name) {
            return Ok(Some(other.id.clone()));
        }
    }
    Ok(None)
}

/// Asks whether the rows that are there have values.
fn proven(step: MigrationStep, id: &ObjectId, stated: &Stated) -> MigrationStep {
    if stated.not_valid {
        return step;
    }
    let (name, column) = (outer_name(id), identifier(last_part(id)));
    step.hazard(HazardKind::TableScan, "every row is read to see that none is null").check(
        // A row whose every field is null `IS NULL`, and yet is a value.
        format!("SELECT EXISTS (SELECT FROM {name} WHERE {column} IS NOT DISTINCT FROM NULL)"),
        format!("{name} has rows whose {column} is null: fill them in first"),
    )
}

/// Gives a constraint the name that it has on the `to` side where the column itself does not say so: when a table stops
/// being a child, or becomes one. Only PostgreSQL 18 and newer have such names.
fn rename_where_named(before: &Object, after: &Object, sides: &Sides<'_>) -> Result<Option<MigrationStep>, PlanError> {
    let (Some(old), Some(new)) = (of(before, sides.from)?, of(after, sides.to)?) else { return Ok(None) };
    if old.name == new.name || before.attribute(ATTRIBUTE) != after.attribute(ATTRIBUTE) {
        return Ok(None);
    }
    Ok(Some(rename_where_so_named(&after.id, &old.name, &new.name)))
}

/// Renames the constraint of a column where it has such a name.
fn rename_where_so_named(column: &ObjectId, old: &str, new: &str) -> MigrationStep {
    let table = outer_name(column);
    let rename = format!("ALTER TABLE {table} RENAME CONSTRAINT {} TO {}", identifier(old), identifier(new));
    let body = format!(
        "BEGIN IF EXISTS (SELECT FROM pg_constraint WHERE conrelid = {}::regclass AND conname = {} AND contype = 'n') \
         THEN EXECUTE {}; END IF; END",
        literal(&table),
        literal(old),
        literal(&rename),
    );
    let step = MigrationStep::alter(&lineage::table_of(column), format!("DO {}", dollar_quoted(&body)));
    step.locking(table::access_exclusive(&table))
}

/// The same for all columns of a table that joins or leaves a parent.
pub(super) fn rename_with_table(table: &ObjectId, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
    let mut steps = Vec::new();
    for after in sides.to.parts("column", table) {
        if let Some(before) = sides.from.get(&after.id) {
            steps.extend(rename_where_named(before, after, sides)?);
        }
    }
    Ok(steps)
}

#[cfg(test)]
mod tests;
