//! Tables of a composite type (`CREATE TABLE … OF`): bound to it when their columns are as it has them, and released
//! while it or they change, as the server alters the columns of neither otherwise.

use schema_sync_store::{Object, ObjectId, SchemaSnapshot};
use serde_json::Value;

use super::super::quote::outer_name;
use super::lineage::table_of;
use super::table;
use crate::kind::Sides;
use crate::plan::{MigrationStep, PlanError};

/// A name for the moment at which a table stops being bound to its type; for ordering only.
pub(super) fn release_of(table: &ObjectId) -> ObjectId {
    table.sibling("release", table.name.clone())
}

/// The step that releases a table, where it is still there.
pub(super) fn release(table: &ObjectId) -> MigrationStep {
    let statement = format!("ALTER TABLE IF EXISTS {} NOT OF", outer_name(table));
    let step = MigrationStep::alter(table, statement).making([release_of(table)]);
    step.locking(table::access_exclusive(&outer_name(table)))
}

/// The step that binds a table of the `to` side to its type, after all that changes its columns.
pub(super) fn bind(table: &Object, type_name: &str, sides: &Sides<'_>) -> Result<MigrationStep, PlanError> {
    let id = &table.id;
    if !has_columns_in_order(id, sides) {
        let reason = format!(
            "it would be of the type {type_name}, which has the columns in another order: make a new table of the type \
             and move the rows"
        );
        return Err(PlanError::Refused { object: id.clone(), reason });
    }
    let columns = [sides.from, sides.to].into_iter().flat_map(|side| side.parts("column", id));
    let columns: Vec<ObjectId> = columns.map(|column| column.id.clone()).collect();
    Ok(table::altering(id, format!("OF {type_name}")).after(columns))
}

/// The tables that are of a type on both sides, as they will be.
pub(super) fn tables_of<'a>(type_id: &'a ObjectId, sides: &Sides<'a>) -> impl Iterator<Item = &'a Object> {
    let sides = *sides;
    let is_bound = move |table: &Object| table.attribute("of_type").is_some() && table.needs.contains(type_id);
    let tables = sides.to.of_kind("table").filter(move |table| is_bound(table));
    tables.filter(move |table| sides.from.get(&table.id).is_some_and(is_bound))
}

/// The type that a table is of, as the server prints it.
pub(super) fn type_of(table: &Object) -> Option<&str> {
    table.attribute("of_type").and_then(Value::as_str)
}

/// What a new column of a table waits for: the table's release, and, as the type has its columns in an order, the
/// column before it.
pub(super) fn before_column(column: &ObjectId, sides: &Sides<'_>) -> Vec<ObjectId> {
    let table = table_of(column);
    let mut awaited = vec![release_of(&table)];
    if sides.to.get(&table).is_some_and(|table| type_of(table).is_some()) {
        let columns = columns_of(&table, sides.to);
        let place = columns.iter().position(|name| column.name.last().is_some_and(|own| own == name));
        let previous = place.and_then(|place| place.checked_sub(1)).and_then(|place| columns.get(place));
        awaited.extend(previous.map(|name| column.sibling("column", [table.name[0].clone(), name.as_str().into()])));
    }
    awaited
}

fn columns_of(table: &ObjectId, side: &SchemaSnapshot) -> Vec<String> {
    let columns = side.get(table).and_then(|table| table.attribute("columns"));
    columns.and_then(|columns| serde_json::from_value(columns.clone()).ok()).unwrap_or_default()
}

/// Whether the columns that stay, and behind them those that come, are in the order of the `to` side.
pub(super) fn has_columns_in_order(table: &ObjectId, sides: &Sides<'_>) -> bool {
    let (before, after) = (columns_of(table, sides.from), columns_of(table, sides.to));
    let staying = before.iter().filter(|name| after.contains(name));
    let coming = after.iter().filter(|name| !before.contains(name));
    staying.chain(coming).eq(after.iter())
}
