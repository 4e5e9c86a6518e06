//! Tables that are dropped and made again, as no statement changes them: their rows wait in temporary tables and come
//! back before triggers, rules and foreign keys do, so that nothing fires and nothing is missed.

use schema_sync_store::{Object, ObjectId, SnapshotHash};

use super::super::quote::{identifier, last_part, literal, outer_name};
use super::super::type_change::Conversion;
use super::column::is_inherited;
use super::waiting_value::Form;
use super::{held_type, lineage, sequence, typed_table};
use crate::kind::Sides;
use crate::plan::{Check, Fold, Hazard, HazardKind, MigrationStep};

/// A name for the moment at which all rows are back; for ordering only.
pub(super) fn rows_are_back() -> ObjectId {
    ObjectId::new("rows", ["are back"])
}

/// Whether no statement leads from one side of a table to the other.
pub(super) fn must_be_remade(table: &ObjectId, sides: &Sides<'_>) -> bool {
    let (Some(before), Some(after)) = (sides.from.get(table), sides.to.get(table)) else { return false };
    let is_bound = typed_table::type_of(after).is_some();
    before.attribute("partition_by") != after.attribute("partition_by")
        || (is_bound && !typed_table::has_columns_in_order(table, sides))
        || gains_inherited_columns(before, after, sides)
}

/// Whether a table is made anew for itself or for one of its columns.
pub(super) fn is_remade(table: &ObjectId, sides: &Sides<'_>) -> bool {
    let mut columns = sides.from.parts("column", table);
    must_be_remade(table, sides) || columns.any(|column| super::column::must_be_remade(&column.id, sides))
}

/// Whether a table joins parents whose columns it does not have: columns that are added to it would be its own.
fn gains_inherited_columns(before: &Object, after: &Object, sides: &Sides<'_>) -> bool {
    let is_gained = |column: &&Object| {
        let mut parents = column.needs.iter().filter(|need| need.kind == "column").map(lineage::table_of);
        sides.from.get(&column.id).is_none() && !parents.any(|parent| before.needs.contains(&parent))
    };
    after.attribute("inherits").is_some()
        && before.attribute("inherits") != after.attribute("inherits")
        && sides.to.parts("column", &after.id).filter(|column| is_inherited(column)).any(|column| is_gained(&column))
}

/// What becomes of the rows of a table that is dropped.
pub(super) struct Kept {
    /// What keeps them, before the drop.
    pub(super) statements: Vec<String>,
    pub(super) hazards: Vec<Hazard>,
    pub(super) checks: Vec<Check>,
    back: Vec<String>,
}

/// The rows of a table of the `from` side that is dropped, where they have a table of the `to` side to be in: the same, or
/// for a partition that goes the table above that is made anew.
pub(super) fn kept(table: &Object, sides: &Sides<'_>) -> Option<Kept> {
    let id = &table.id;
    let target = target_of(id, sides)?;
    // Rows that are elsewhere are not read here, and none is written there.
    let is_foreign = [table, target].into_iter().any(|table| table.attribute("foreign").is_some());
    if is_foreign {
        return None;
    }
    let mut kept = Kept { statements: Vec::new(), hazards: Vec::new(), checks: Vec::new(), back: Vec::new() };
    positions(id, &target.id, sides, &mut kept);
    if table.attribute("partition_by").is_some() {
        return Some(kept);
    }
    let (mut saved, mut names, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for column in sides.from.parts("column", id).filter(|column| column.attribute("generated").is_none()) {
        let name = identifier(last_part(&column.id));
        let other = target.id.sibling("column", [target.id.name[0].clone(), last_part(&column.id).into()]);
        let other = sides.to.get(&other).filter(|other| other.attribute("generated").is_none());
        let Some(other) = other else {
            kept.lose(&column.id, "every value of the column is lost".to_owned());
            continue;
        };
        let form = Form::of(column, other, sides);
        kept.checks.extend(form.check(id, column));
        saved.push(form.kept(&name));
        values.push(value((&name, form), column, other, sides, &mut kept));
        names.push(name);
    }
    if names.is_empty() {
        return None;
    }
    let rows = place_of(id, "rows");
    let list = saved.join(", ");
    let save = format!("CREATE TEMPORARY TABLE {rows} ON COMMIT DROP AS SELECT {list} FROM ONLY {}", outer_name(id));
    // A role that policies hide rows from gets an error, and not a part of the rows.
    kept.statements.splice(0..0, ["SET LOCAL row_security = off".to_owned(), save]);
    let into = outer_name(&filled_through(id, &target.id, sides));
    kept.back.insert(
        0,
        format!(
            "INSERT INTO {into} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {rows}",
            names.join(", "),
            values.join(", ")
        ),
    );
    kept.checks.extend(unfillable(id, &target.id, sides));
    kept.checks.extend(unplaceable(id, target, sides));
    Some(kept)
}

impl Kept {
    fn lose(&mut self, object: &ObjectId, detail: String) {
        self.hazards.push(Hazard { kind: HazardKind::DataLoss, object: object.clone(), detail });
    }
}

/// The table of the `to` side that the rows of one that is dropped belong to.
fn target_of<'a>(id: &ObjectId, sides: &Sides<'a>) -> Option<&'a Object> {
    if let Some(same) = sides.to.get(id) {
        return Some(same);
    }
    let above = lineage::ancestors(id, sides.from);
    let target = above.iter().find(|table| sides.to.get(table).is_some())?;
    sides.to.get(target).filter(|_| must_be_remade(target, sides))
}

/// Rows go through the table above where a partition is one of another bound now, or where what is beside it may be: the
/// table above is made anew.
fn filled_through(id: &ObjectId, target: &ObjectId, sides: &Sides<'_>) -> ObjectId {
    let above = lineage::ancestors(target, sides.to);
    let is_elsewhere = id == target && lineage::is_moved(id, sides);
    let is_new = |table: &&ObjectId| is_elsewhere || sides.from.get(table).is_none() || is_remade(table, sides);
    above.iter().rfind(is_new).unwrap_or(target).clone()
}

/// A name that no other temporary table has.
fn place_of(table: &ObjectId, what: &str) -> String {
    let hash = SnapshotHash::of(outer_name(table).as_bytes()).to_string();
    format!("pg_temp.schema_sync_{what}_{}", hash.get(..16).unwrap_or_default())
}

/// A kept value as the new column takes it.
fn value((name, form): (&str, Form), before: &Object, after: &Object, sides: &Sides<'_>, kept: &mut Kept) -> String {
    let type_of =
        |column: &Object| column.attribute("type").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    let (old, new) = (type_of(before), type_of(after));
    let conversion =
        if old == new { Conversion::Lossless { rewrites: true } } else { held_type::conversion(before, after, sides) };
    if let Conversion::Narrowing { .. } = conversion {
        kept.lose(&before.id, format!("{old} becomes {new}: values that do not fit are lost or stop the change"));
    }
    let converted = form.value(name, &new).or_else(|| conversion.value_of(name));
    converted.unwrap_or_else(|| name.to_owned())
}

/// Keeps what the sequences of a table's columns have counted to.
fn positions(id: &ObjectId, target: &ObjectId, sides: &Sides<'_>, kept: &mut Kept) {
    let counts = |column: &ObjectId, side: &schema_sync_store::SchemaSnapshot| {
        let owned = || side.dependents("sequence", column).next().is_some();
        side.get(column).is_some_and(|column| column.attribute("identity").is_some()) || owned()
    };
    if id != target {
        return;
    }
    let sequence_of =
        |column: &str| format!("pg_get_serial_sequence({}, {})::regclass", literal(&outer_name(id)), literal(column));
    let mut saved = Vec::new();
    let place = place_of(id, "positions");
    for column in sides.from.parts("column", id).filter(|column| counts(&column.id, sides.from)) {
        if !counts(&column.id, sides.to) {
            kept.lose(&column.id, "the position that its sequence has counted to is lost".to_owned());
            continue;
        }
        let name = identifier(last_part(&column.id));
        let sequence = sequence_of(last_part(&column.id));
        saved.push(format!("pg_sequence_last_value({sequence}) AS {name}"));
        kept.back.push(format!("SELECT setval({sequence}, {name}) FROM {place} WHERE {name} IS NOT NULL"));
    }
    if !saved.is_empty() {
        let list = saved.join(", ");
        kept.statements.push(format!("CREATE TEMPORARY TABLE {place} ON COMMIT DROP AS SELECT {list}"));
    }
}

/// Asks for rows where a new column would have no value for them.
fn unfillable(id: &ObjectId, target: &ObjectId, sides: &Sides<'_>) -> Option<Check> {
    let is_new = |column: &&Object| {
        let before = id.sibling("column", [id.name[0].clone(), last_part(&column.id).into()]);
        sides.from.get(&before).is_none()
    };
    let is_empty = |column: &&Object| {
        let default = column.id.sibling("default", column.id.name.clone());
        column.attribute("not_null").is_some()
            && column.attribute("identity").is_none()
            && column.attribute("generated").is_none()
            && sides.to.get(&default).is_none()
    };
    let column = sides.to.parts("column", target).filter(is_new).find(is_empty)?;
    let name = outer_name(id);
    let column = identifier(last_part(&column.id));
    Some(Check {
        violated_when: format!("SELECT EXISTS (SELECT FROM {name})"),
        message: format!("{name} has rows, and the new column {column} is NOT NULL and has no default: give it one"),
    })
}

/// Asks for rows where the new table has no partition that could hold one.
fn unplaceable(id: &ObjectId, target: &Object, sides: &Sides<'_>) -> Option<Check> {
    let is_partition = |other: &Object| other.attribute("partition_of").is_some() && other.needs.contains(&target.id);
    if target.attribute("partition_by").is_none() || sides.to.of_kind("table").any(is_partition) {
        return None;
    }
    let (name, place) = (outer_name(id), outer_name(&target.id));
    Some(Check {
        violated_when: format!("SELECT EXISTS (SELECT FROM {name})"),
        message: format!("{name} has rows, and the partitioned table {place} has no partition for them: give it one"),
    })
}

/// The steps that bring rows back into a table that was made again.
pub(super) fn refill(table: &Object, sides: &Sides<'_>) -> Vec<MigrationStep> {
    let id = &table.id;
    let below = sides.from.of_kind("table").filter(|other| {
        sides.to.get(&other.id).is_none() && target_of(&other.id, sides).is_some_and(|target| target.id == *id)
    });
    let mut steps = Vec::new();
    for source in sides.from.get(id).into_iter().chain(below) {
        let Some(kept) = kept(source, sides).filter(|kept| !kept.back.is_empty()) else { continue };
        let mut step = MigrationStep::alter(id, "");
        step.statements = kept.back;
        let through = filled_through(&source.id, id, sides);
        let owned = sequence::owned_by(id, sides.to);
        // Columns of parents may come later than the table.
        let columns = sides.to.parts("column", &through).flat_map(|column| column.needs.iter().chain([&column.id]));
        step = step.after(columns.filter(|need| need.kind == "column").cloned().collect::<Vec<_>>());
        step = step.after(all_attachments(&through, sides)).after(owned.map(|sequence| sequence.id.clone()));
        steps.push(step.hazard(HazardKind::TableRewrite, "it is made anew: every row is written again"));
    }
    if !steps.is_empty() {
        let mut back = MigrationStep::alter(id, "SET CONSTRAINTS ALL IMMEDIATE").making([rows_are_back()]);
        back.fold = Fold::Once("rows are back".to_owned());
        steps.push(back);
    }
    steps
}

/// The moments at which all partitions below a table are attached.
fn all_attachments(table: &ObjectId, sides: &Sides<'_>) -> Vec<ObjectId> {
    let is_partition = |other: &&Object| other.attribute("partition_of").is_some() && other.needs.contains(table);
    let partitions = sides.to.of_kind("table").filter(is_partition);
    partitions
        .flat_map(|partition| {
            std::iter::once(lineage::attachment(&partition.id)).chain(all_attachments(&partition.id, sides))
        })
        .collect()
}
