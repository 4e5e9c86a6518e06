//! Foreign keys. Never part of CREATE TABLE, so that tables may refer to each other in circles.

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::super::catalog::{Reading, class, is_default, object};
use super::super::quote::{identifier, identifiers, last_part, outer_name};
use super::constraint::ConstraintRow;
use super::{index, lineage, remade_table, table};
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{HazardKind, MigrationStep, PlanError};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    columns: Vec<SmolStr>,
    /// The table referred to, as the server prints it.
    references: String,
    referenced_columns: Vec<SmolStr>,
    #[serde(skip_serializing_if = "is_default")]
    match_full: bool,
    #[serde(skip_serializing_if = "is_default")]
    on_update: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    on_delete: Option<String>,
    /// The columns that SET NULL and SET DEFAULT touch, where not all.
    #[serde(skip_serializing_if = "is_default")]
    on_delete_columns: Vec<SmolStr>,
    #[serde(skip_serializing_if = "is_default")]
    deferrable: bool,
    #[serde(skip_serializing_if = "is_default")]
    initially_deferred: bool,
    #[serde(skip_serializing_if = "is_default")]
    not_valid: bool,
    #[serde(skip_serializing_if = "is_default")]
    not_enforced: bool,
    /// The last column is a range or multirange that rows of the other table must cover.
    #[serde(skip_serializing_if = "is_default")]
    period: bool,
}

pub(super) fn read(row: &ConstraintRow<'_>, reading: &mut Reading) -> Result<Object, String> {
    let cells = row.cells;
    let referenced_oid: u32 = cells.get(13)?;
    let numbers: Vec<i16> = cells.get::<Option<Vec<i16>>>(14)?.unwrap_or_default();
    let elsewhere: Option<Vec<String>> = cells.get(20)?;
    let referenced_columns = match (reading.relations.get(&referenced_oid), elsewhere) {
        (Some(relation), _) => {
            numbers.iter().filter_map(|number| relation.columns.get(number)).map(|column| column.name.clone()).collect()
        }
        (None, Some(names)) => names.into_iter().map(SmolStr::from).collect(),
        (None, None) => return Err(format!("foreign key {}: the table that it refers to was not read", row.name)),
    };
    let set_numbers: Vec<i16> = cells.get::<Option<Vec<i16>>>(18)?.unwrap_or_default();
    let own = row.column_addresses.iter().zip(&row.columns);
    let on_delete_columns = own
        .filter(|((_, _, number), _)| set_numbers.iter().any(|set| i32::from(*set) == *number))
        .map(|(_, name)| name.clone());
    let attributes = Attributes {
        columns: row.columns.clone(),
        references: cells.get(19)?,
        referenced_columns,
        match_full: cells.get::<&str>(17)? == "f",
        on_update: action(cells.get(15)?),
        on_delete: action(cells.get(16)?),
        on_delete_columns: on_delete_columns.collect(),
        deferrable: row.deferrable,
        initially_deferred: row.initially_deferred,
        not_valid: row.not_valid,
        not_enforced: row.not_enforced,
        period: row.is_temporal,
    };
    let address = (class::CONSTRAINT, row.oid, 0);
    let numbers_of_key = numbers.clone();
    for number in numbers {
        reading.later_need(address, (class::RELATION, referenced_oid, i32::from(number)));
    }
    reading.later_need(address, (class::RELATION, referenced_oid, 0));
    // Which of several equal keys the server took depends on the order in which they were made: any may be the one.
    for index in index::candidates(referenced_oid, &numbers_of_key, reading).into_iter().chain([row.index_oid]) {
        reading.later_need(address, (class::RELATION, index, 0));
    }
    object(row.id("foreign_key"), &attributes, [])
}

fn action(code: &str) -> Option<String> {
    let words = match code {
        "r" => "RESTRICT",
        "c" => "CASCADE",
        "n" => "SET NULL",
        "d" => "SET DEFAULT",
        _ => return None,
    };
    Some(words.to_owned())
}

pub(super) struct ForeignKey;

fn definition(constraint: &Object, attributes: &Attributes) -> String {
    let mut text = format!(
        "CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {}({})",
        identifier(last_part(&constraint.id)),
        with_period(&attributes.columns, attributes.period),
        attributes.references,
        with_period(&attributes.referenced_columns, attributes.period)
    );
    if attributes.match_full {
        text.push_str(" MATCH FULL");
    }
    if let Some(action) = &attributes.on_update {
        text.push_str(&format!(" ON UPDATE {action}"));
    }
    if let Some(action) = &attributes.on_delete {
        text.push_str(&format!(" ON DELETE {action}"));
        if !attributes.on_delete_columns.is_empty() {
            text.push_str(&format!(" ({})", identifiers(&attributes.on_delete_columns)));
        }
    }
    text.push_str(super::deferral(attributes.deferrable, attributes.initially_deferred));
    if attributes.not_enforced {
        text.push_str(" NOT ENFORCED");
    } else if attributes.not_valid {
        text.push_str(" NOT VALID");
    }
    text
}

fn with_period(columns: &[SmolStr], has_period: bool) -> String {
    match columns.split_last() {
        Some((last, others)) if has_period && others.is_empty() => format!("PERIOD {}", identifier(last)),
        Some((last, others)) if has_period => format!("{}, PERIOD {}", identifiers(others), identifier(last)),
        _ => identifiers(columns),
    }
}

/// A query that is true where rows refer to nothing.
fn orphans(rows: &str, attributes: &Attributes) -> String {
    let pairs = attributes.columns.iter().zip(&attributes.referenced_columns);
    let equal: Vec<String> =
        pairs.map(|(own, other)| format!("parent.{} = child.{}", identifier(other), identifier(own))).collect();
    let not_null: Vec<String> =
        attributes.columns.iter().map(|own| format!("child.{} IS NOT NULL", identifier(own))).collect();
    format!(
        "SELECT EXISTS (SELECT FROM {rows} child WHERE {} AND NOT EXISTS (SELECT FROM {} parent WHERE {}))",
        not_null.join(" AND "),
        attributes.references,
        equal.join(" AND ")
    )
}

/// Asks whether the rows that are there refer to rows that exist.
fn proven(step: MigrationStep, object: &Object, attributes: &Attributes, sides: &Sides<'_>) -> MigrationStep {
    let name = outer_name(&object.id);
    if refers_to_new(object, sides) && own_columns(object).all(|column| sides.from.get(column).is_some()) {
        let columns = attributes.columns.iter().map(|column| format!("{} IS NOT NULL", identifier(column)));
        let is_given = columns.collect::<Vec<_>>().join(" AND ");
        let rows = super::rows_of(&object.id, sides);
        let message =
            format!("{name} has rows that refer to rows of {}, which is new and has none", attributes.references);
        return step.check(format!("SELECT EXISTS (SELECT FROM {rows} WHERE {is_given})"), message);
    }
    if !super::columns_exist(object, sides) {
        return step;
    }
    let step = step.hazard(HazardKind::TableScan, "every row is read to see that it refers to one that exists");
    // Whether a period is covered is the server's to say.
    if attributes.period {
        return step;
    }
    let message = format!("{name} has rows that refer to no row of {}: mend them first", attributes.references);
    step.check(orphans(&super::rows_of(&object.id, sides), attributes), message)
}

fn own_columns(object: &Object) -> impl Iterator<Item = &ObjectId> {
    let table = lineage::table_of(&object.id);
    object.needs.iter().filter(move |need| need.kind == "column" && lineage::table_of(need) == table)
}

/// Whether the table that a key refers to is a new one, and none of its partitions was there before.
fn refers_to_new(object: &Object, sides: &Sides<'_>) -> bool {
    let is_new = |table: &ObjectId| sides.from.get(table).is_none();
    let mut below = sides.to.of_kind("table").filter(|table| !is_new(&table.id));
    let own = lineage::table_of(&object.id);
    let other = object.needs.iter().find(|need| need.kind == "table" && **need != own);
    other.is_some_and(|other| {
        is_new(other) && !below.any(|table| lineage::ancestors(&table.id, sides.to).contains(other))
    })
}

impl Kind for ForeignKey {
    fn name(&self) -> &'static str {
        "foreign_key"
    }

    fn rule(&self, change: &Change<'_>) -> Rule {
        match (change.attribute, change.to) {
            ("not_valid", None) | ("deferrable" | "initially_deferred" | "not_enforced", _) => Rule::Alter,
            _ => Rule::Replace,
        }
    }

    fn rebinds(&self, _: &[Change<'_>], _: &ObjectId) -> bool {
        false
    }

    fn create(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let name = outer_name(&object.id);
        let clause = format!("ADD {}", definition(object, &attributes));
        let step = MigrationStep::create(&object.id, "").clause(table::head(&object.id), clause);
        let step = step.locking(format!("SHARE ROW EXCLUSIVE on {name} and {}", attributes.references));
        let keys = object.needs.iter().filter(|need| matches!(need.kind.as_str(), "primary_key" | "unique" | "index"));
        // A partition that leaves and keeps such a key gives it up first.
        let own_table = lineage::table_of(&object.id);
        let step = step.after([lineage::departure(&own_table)]).after(lineage::departures(&own_table, sides));
        let step = step.after([remade_table::rows_are_back()]);
        let step = step.after(keys.flat_map(|key| index::attachments_to(key, sides)).collect::<Vec<_>>());
        let is_proven = !attributes.not_valid && !attributes.not_enforced;
        Ok(vec![if is_proven { proven(step, object, &attributes, sides) } else { step }])
    }

    fn alter(
        &self,
        object: &Object,
        changes: &[Change<'_>],
        sides: &Sides<'_>,
    ) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let mut steps = Vec::new();
        if changes
            .iter()
            .any(|change| change.attribute.ends_with("deferrable") || change.attribute.ends_with("deferred"))
        {
            let deferral = super::deferral(attributes.deferrable, attributes.initially_deferred);
            let deferral = if deferral.is_empty() { " NOT DEFERRABLE" } else { deferral };
            let clause = format!("ALTER CONSTRAINT {}{deferral}", identifier(last_part(&object.id)));
            steps.push(table::altering(&object.id, clause));
        }
        if changes.iter().any(|change| change.attribute == "not_enforced") {
            let word = if attributes.not_enforced { "NOT ENFORCED" } else { "ENFORCED" };
            let clause = format!("ALTER CONSTRAINT {} {word}", identifier(last_part(&object.id)));
            let step = table::altering(&object.id, clause);
            let is_proven = !attributes.not_enforced;
            steps.push(if is_proven { proven(step, object, &attributes, sides) } else { step });
        } else if changes.iter().any(|change| change.attribute == "not_valid") {
            steps.push(super::validate_constraint(object));
        }
        Ok(steps)
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        super::drop_constraint(object, sides)
    }

    fn claims(&self, object: &Object) -> Vec<String> {
        vec![super::constraint_name(&object.id)]
    }
}
