//! How a table that both sides have becomes what it shall be: in place, where ALTER TABLE can, or by a rebuild.

use schema_sync_store::{Object, ObjectId};

use super::dangers;
use super::quote::identifier;
use super::rebuild;
use super::table::{Column, Table, added_column, table_of};
use super::table_text::Constraint;
use crate::kind::Sides;
use crate::plan::{Fold, Hazard, HazardKind, MigrationStep, PlanError};

/// A table that both sides have.
pub(super) struct TableChange<'a> {
    pub(super) from: Table<'a>,
    pub(super) to: Table<'a>,
    /// Whether ALTER TABLE cannot do it.
    pub(super) is_rebuild: bool,
}

impl<'a> TableChange<'a> {
    /// The change of the table that a part belongs to; `None` where one side lacks the table, so that its parts are
    /// made or dropped along with it.
    pub(super) fn of_part(part: &ObjectId, sides: &Sides<'a>) -> Result<Option<Self>, PlanError> {
        let id = table_of(part);
        let (Some(from), Some(to)) = (Table::of(sides.from, &id)?, Table::of(sides.to, &id)?) else { return Ok(None) };
        let is_rebuild = !is_in_place(&from, &to);
        Ok(Some(Self { from, to, is_rebuild }))
    }

    /// The one step that rebuilds the table, whichever part asks for it. `part` is made or unmade by the caller.
    pub(super) fn rebuild_step(&self, sides: &Sides<'_>) -> MigrationStep {
        let mut statements = rebuild::statements(&self.from, &self.to, sides).into_iter();
        let table = &self.to.object.id;
        let mut step = MigrationStep::alter(table, statements.next().unwrap_or_default());
        step.statements.extend(statements);
        step.fold = Fold::Once(format!("rebuild {}", self.to.name));
        step.lock = Some(WRITE_LOCK.into());
        step.hazards.push(Hazard {
            kind: HazardKind::TableRewrite,
            object: table.clone(),
            detail: "every row is copied into a new table".into(),
        });
        dangers::add(&mut step, &self.from, &self.to, sides);
        step
    }

    /// The step that adds a column, with the constraints that come along with it.
    pub(super) fn add_column_step(&self, object: &Object, sides: &Sides<'_>) -> Option<MigrationStep> {
        let added: Vec<&Column<'_>> = in_order_of_making(&self.from, &self.to);
        let place = added.iter().position(|column| column.object.id == object.id)?;
        let column = added[place];
        let along: Vec<&(&Object, Constraint)> = added_constraints(&self.from, &self.to)
            .filter(|(constraint, _)| attached_to(constraint, &added).is_some_and(|own| own.object.id == object.id))
            .collect();
        let constraints: Vec<&Constraint> = along.iter().map(|(_, constraint)| constraint).collect();
        let definition = added_column(column, &constraints);
        let statement = format!("ALTER TABLE {} ADD COLUMN {definition}", identifier(self.to.name));
        let mut step = MigrationStep::create(&object.id, statement)
            .locking(WRITE_LOCK)
            .making(along.iter().map(|(constraint, _)| constraint.id.clone()));
        step.after.extend(place.checked_sub(1).map(|before| added[before].object.id.clone()));
        dangers::add_for_column(&mut step, &self.from, &self.to, &constraints, sides);
        Some(step)
    }

    /// The step that drops a column.
    pub(super) fn drop_column_step(&self, object: &Object) -> Option<MigrationStep> {
        let column = self.from.columns.iter().find(|column| column.object.id == object.id)?;
        let (table, name) = (identifier(self.from.name), identifier(column.name));
        let step =
            MigrationStep::drop(&object.id, format!("ALTER TABLE {table} DROP COLUMN {name}")).locking(WRITE_LOCK);
        Some(if column.attributes.generated.is_some() {
            step
        } else {
            step.hazard(HazardKind::DataLoss, dangers::COLUMN_LOSS)
        })
    }
}

/// What every change of a file takes.
pub(super) const WRITE_LOCK: &str = "the file's write lock";

/// Whether ALTER TABLE ADD COLUMN and DROP COLUMN, as far as SQLite allows them, do all that is to be done.
fn is_in_place(from: &Table<'_>, to: &Table<'_>) -> bool {
    let is_kept = |object: &Object, others: &Table<'_>| {
        let columns = others.columns.iter().map(|column| column.object);
        let mut parts = columns.chain(others.constraints.iter().map(|(object, _)| *object));
        parts.any(|other| other.id == object.id && other.attributes == object.attributes)
    };
    let options = |table: &Table<'_>| (table.attributes.strict, table.attributes.without_rowid);
    let added = in_order_of_making(from, to);
    let dropped: Vec<&Column<'_>> = missing_in(from, to).collect();
    options(from) == options(to)
        && from.constraints.iter().all(|(object, _)| is_kept(object, to))
        && from.columns.iter().all(|column| to.column(column.name).is_none() || is_kept(column.object, to))
        && from.columns.iter().any(|column| column.attributes.generated.is_none() && to.column(column.name).is_some())
        && added_constraints(from, to).all(|(object, constraint)| {
            matches!(constraint, Constraint::Check(_) | Constraint::ForeignKey(_))
                && attached_to(object, &added).is_some()
        })
        && added.iter().all(|column| is_addable(column) && !generated_from(column, &added))
        && dropped.iter().all(|column| !is_constrained(column, from))
}

/// The columns of one table that the other has under no case of their names.
fn missing_in<'t, 'a>(table: &'t Table<'a>, other: &'t Table<'_>) -> impl Iterator<Item = &'t Column<'a>> {
    table.columns.iter().filter(|column| other.column(column.name).is_none())
}

/// The columns to add, in the target's order, those that are generated behind those that they may be generated from.
fn in_order_of_making<'t, 'a>(from: &Table<'_>, to: &'t Table<'a>) -> Vec<&'t Column<'a>> {
    let mut added: Vec<&Column<'a>> = to.columns.iter().filter(|column| from.column(column.name).is_none()).collect();
    added.sort_by_key(|column| column.attributes.generated.is_some());
    added
}

fn added_constraints<'t, 'a>(
    from: &'t Table<'_>,
    to: &'t Table<'a>,
) -> impl Iterator<Item = &'t (&'a Object, Constraint)> {
    to.constraints.iter().filter(|(object, _)| !from.constraints.iter().any(|(old, _)| old.id == object.id))
}

/// The one added column that a constraint speaks of: it can be added together with that column.
fn attached_to<'t, 'a>(constraint: &Object, added: &[&'t Column<'a>]) -> Option<&'t Column<'a>> {
    let mut own = added.iter().filter(|column| constraint.needs.contains(&column.object.id));
    match (own.next(), own.next()) {
        (Some(only), None) if constraint.id.kind != "foreign_key" || is_single(constraint) => Some(only),
        _ => None,
    }
}

fn is_single(foreign_key: &Object) -> bool {
    foreign_key.needs.iter().filter(|need| need.kind == "column").count() == 1
}

fn is_addable(column: &Column<'_>) -> bool {
    let attributes = &column.attributes;
    let is_constant = attributes
        .default
        .as_deref()
        .is_none_or(|default| !default.starts_with('(') && !default.starts_with("CURRENT_"));
    let has_value = attributes.default.as_deref().is_some_and(|default| default != "NULL");
    is_constant && !attributes.stored && (!attributes.not_null || (has_value && attributes.generated.is_none()))
}

/// Whether a column is generated from another added one that is generated itself.
fn generated_from(column: &Column<'_>, added: &[&Column<'_>]) -> bool {
    let mut generated = added.iter().filter(|other| other.attributes.generated.is_some());
    generated.any(|other| column.object.needs.contains(&other.object.id))
}

fn is_constrained(column: &Column<'_>, table: &Table<'_>) -> bool {
    table.constraints.iter().any(|(constraint, _)| constraint.needs.contains(&column.object.id))
}
