//! What a change of a table may lose, and which rows would stop it: hazards, and questions to the live tenant that are
//! asked before anything runs. A question is asked only where it can be put exactly; SQLite itself has the last word.

mod rows;
mod storage;

use schema_sync_store::ObjectId;

use self::storage::{Affinity, Storage, loss, misfit};
use super::quote::identifier;
use super::table::{Column, Table};
use super::table_text::Constraint;
use crate::kind::Sides;
use crate::plan::{Check, Hazard, HazardKind, MigrationStep};

pub(super) use self::rows::index_duplicates;

/// What happens to a dropped column.
pub(super) const COLUMN_LOSS: &str = "every value of the column is lost";

/// Adds everything that the rebuild of a table may lose or stumble over.
pub(super) fn add(step: &mut MigrationStep, from: &Table<'_>, to: &Table<'_>, sides: &Sides<'_>) {
    let change = Dangers::new(from, to);
    for column in &to.columns {
        match from.column(column.name) {
            Some(old) => change.altered_column(step, old, column),
            None => change.added_column(step, column),
        }
    }
    for (object, constraint) in &to.constraints {
        let is_new = from.constraints.iter().all(|(old, _)| old.id != object.id || old.attributes != object.attributes);
        if is_new {
            change.added_constraint(step, constraint, sides);
        }
    }
    if from.attributes.without_rowid != to.attributes.without_rowid || from.attributes.strict != to.attributes.strict {
        change.key_not_null(step);
    }
    for column in from.columns.iter().filter(|column| to.column(column.name).is_none()) {
        if column.attributes.generated.is_none() {
            hazard(step, HazardKind::DataLoss, &column.object.id, COLUMN_LOSS);
        }
    }
}

/// Adds what a column that is added in place, with these constraints, may stumble over.
pub(super) fn add_for_column(
    step: &mut MigrationStep,
    from: &Table<'_>,
    to: &Table<'_>,
    constraints: &[&Constraint],
    sides: &Sides<'_>,
) {
    let change = Dangers::new(from, to);
    for constraint in constraints {
        change.added_constraint(step, constraint, sides);
    }
}

fn hazard(step: &mut MigrationStep, kind: HazardKind, object: &ObjectId, detail: &str) {
    step.hazards.push(Hazard { kind, object: object.clone(), detail: detail.to_owned() });
}

fn ask(step: &mut MigrationStep, violated_when: String, message: String) {
    step.checks.push(Check { violated_when, message });
}

struct Dangers<'t, 'a> {
    from: &'t Table<'a>,
    to: &'t Table<'a>,
    /// The table's name, quoted.
    table: String,
}

impl<'t, 'a> Dangers<'t, 'a> {
    fn new(from: &'t Table<'a>, to: &'t Table<'a>) -> Self {
        Self { from, to, table: identifier(from.name) }
    }

    fn exists(&self, condition: &str) -> String {
        format!("SELECT EXISTS (SELECT 1 FROM {} WHERE {condition})", self.table)
    }

    fn added_column(&self, step: &mut MigrationStep, column: &Column<'_>) {
        let attributes = &column.attributes;
        let is_alias = self.to.rowid_alias().is_some_and(|alias| alias.name == column.name);
        let has_default = attributes.default.as_deref().is_some_and(|default| default != "NULL");
        let never_null = attributes.not_null || self.is_never_null(column.name);
        if never_null && !has_default && !is_alias && attributes.generated.is_none() {
            let message = format!(
                "column {} would be NOT NULL without a default, and the table has rows: give it a default, or add it \
                 without NOT NULL and fill it first",
                column.object.id.dotted()
            );
            ask(step, format!("SELECT EXISTS (SELECT 1 FROM {})", self.table), message);
        }
    }

    /// Whether a column of the key is not null without saying so.
    fn is_never_null(&self, column: &str) -> bool {
        let is_in_key = self.to.primary_key().is_some_and(|key| key.columns.iter().any(|part| part.column == column));
        is_in_key && (self.to.attributes.without_rowid || self.to.attributes.strict)
    }

    fn altered_column(&self, step: &mut MigrationStep, old: &Column<'_>, new: &Column<'_>) {
        let source = identifier(old.name);
        let name = new.object.id.dotted();
        if new.attributes.generated.is_some() {
            if old.attributes.generated.is_none() {
                hazard(step, HazardKind::DataLoss, &new.object.id, "its values are lost, as they become generated");
            }
            return;
        }
        if new.attributes.not_null && !old.attributes.not_null {
            let message = format!("column {name} would be NOT NULL, and rows have NULL there: fill them first");
            ask(step, self.exists(&format!("{source} IS NULL")), message);
        }
        let was = Storage::of(old, self.from.attributes.strict);
        let is = Storage::of(new, self.to.attributes.strict);
        if was == is {
            return;
        }
        if is.is_numeric() && !was.is_numeric() {
            let detail = "text that reads as a number becomes one: 007 becomes 7";
            hazard(step, HazardKind::DataLoss, &new.object.id, detail);
        }
        if let Some(condition) = loss(is, &source) {
            let message = format!("column {name} holds numbers that its new type cannot hold exactly");
            ask(step, self.exists(&condition), message);
        }
        if let Some(condition) = misfit(is, &source) {
            hazard(
                step,
                HazardKind::ConversionMayFail,
                &new.object.id,
                "a strict column takes values of its type only",
            );
            let message =
                format!("column {name} holds values that its new strict type does not take: convert them first");
            ask(step, self.exists(&condition), message);
        }
    }

    fn added_constraint(&self, step: &mut MigrationStep, constraint: &Constraint, sides: &Sides<'_>) {
        match constraint {
            Constraint::PrimaryKey(key) => {
                self.key_not_null(step);
                self.duplicates(step, &key.columns, "its primary key");
            }
            Constraint::Unique(key) => self.duplicates(step, &key.columns, "a unique constraint"),
            Constraint::Check(check) => self.violating_rows(step, check),
            Constraint::ForeignKey(key) => self.orphans(step, key, sides),
        }
    }

    /// Asks for NULLs where the key takes none, and for other values than integers where it becomes the rowid.
    fn key_not_null(&self, step: &mut MigrationStep) {
        let Some(key) = self.to.primary_key() else { return };
        let alias = self.to.rowid_alias().map(|column| column.name);
        for part in &key.columns {
            let Some(old) = self.from.column(&part.column) else { continue };
            let source = identifier(old.name);
            let is_alias = alias == Some(part.column.as_str());
            if is_alias || self.is_never_null(&part.column) {
                let message = format!("{}.{} would be part of a key that takes no NULL", self.to.name, part.column);
                ask(step, self.exists(&format!("{source} IS NULL")), message);
            }
            if is_alias && self.from.rowid_alias().is_none_or(|was| was.name != old.name) {
                let message = format!("{}.{} would be the rowid, which takes integers only", self.to.name, part.column);
                let strict_integer = Storage { affinity: Affinity::Integer, strict: true };
                ask(step, self.exists(&misfit(strict_integer, &source).unwrap_or_default()), message);
            }
        }
    }
}
