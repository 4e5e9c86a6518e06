//! Primary keys and unique constraints: two kinds of one shape.

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::super::catalog::{Reading, class, is_default, object};
use super::super::quote::{identifier, identifiers, last_name, last_part, outer_name};
use super::constraint::ConstraintRow;
use super::index_mark::{self, Marks};
use super::{index, index_places, moved_index, table};
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{HazardKind, MigrationStep, PlanError};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Attributes {
    columns: Vec<SmolStr>,
    #[serde(skip_serializing_if = "is_default")]
    include: Vec<SmolStr>,
    #[serde(skip_serializing_if = "is_default")]
    nulls_not_distinct: bool,
    /// Rows that are equal in all other columns must not overlap in the last.
    #[serde(skip_serializing_if = "is_default")]
    without_overlaps: bool,
    #[serde(skip_serializing_if = "is_default")]
    deferrable: bool,
    #[serde(skip_serializing_if = "is_default")]
    initially_deferred: bool,
    #[serde(skip_serializing_if = "is_default")]
    options: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    tablespace: Option<String>,
    /// It is part of the same key of the partitioned table; see `needs`.
    #[serde(skip_serializing_if = "is_default")]
    attached: bool,
    /// Partitions have none of its kind yet that are part of it.
    #[serde(skip_serializing_if = "is_default")]
    invalid: bool,
    #[serde(flatten)]
    marks: Marks,
}

/// Reads a key together with the index that enforces it.
pub(super) fn read(row: &ConstraintRow<'_>, kind: &str, reading: &mut Reading) -> Result<Object, String> {
    let found = reading.indexes.remove(&row.index_oid);
    let index = found.ok_or_else(|| format!("{} {} has no index", kind, row.name))?;
    if let Some(parent) = index.parent {
        reading.later_need((class::CONSTRAINT, row.oid, 0), (class::RELATION, parent, 0));
    }
    for number in &index.columns {
        reading.later_need((class::CONSTRAINT, row.oid, 0), (class::RELATION, index.relation_oid, i32::from(*number)));
    }
    let attributes = Attributes {
        columns: row.columns.clone(),
        include: index.include,
        nulls_not_distinct: index.nulls_not_distinct,
        without_overlaps: row.is_temporal,
        deferrable: row.deferrable,
        initially_deferred: row.initially_deferred,
        options: index.options,
        tablespace: index.tablespace,
        attached: index.parent.is_some(),
        invalid: index.invalid,
        marks: index.marks,
    };
    object(row.id(kind), &attributes, [])
}

pub(super) struct Key {
    name: &'static str,
    words: &'static str,
}

pub(super) const PRIMARY_KEY: Key = Key { name: "primary_key", words: "PRIMARY KEY" };
pub(super) const UNIQUE: Key = Key { name: "unique", words: "UNIQUE" };

fn definition(constraint: &Object, attributes: &Attributes) -> String {
    let words = if constraint.id.kind == PRIMARY_KEY.name { PRIMARY_KEY.words } else { UNIQUE.words };
    let nulls = if attributes.nulls_not_distinct { " NULLS NOT DISTINCT" } else { "" };
    let mut text = format!(
        "CONSTRAINT {} {words}{nulls} ({}{})",
        identifier(last_part(&constraint.id)),
        identifiers(&attributes.columns),
        if attributes.without_overlaps { " WITHOUT OVERLAPS" } else { "" }
    );
    if !attributes.include.is_empty() {
        text.push_str(&format!(" INCLUDE ({})", identifiers(&attributes.include)));
    }
    if !attributes.options.is_empty() {
        text.push_str(&format!(" WITH ({})", super::options_text(&attributes.options)));
    }
    text.push_str(super::deferral(attributes.deferrable, attributes.initially_deferred));
    text
}

/// The constraint as a line of CREATE TABLE; none where it must be attached to another.
pub(super) fn inline(constraint: &Object) -> Result<Option<String>, PlanError> {
    let attributes: Attributes = attributes_of(constraint)?;
    Ok((!attributes.attached).then(|| definition(constraint, &attributes)))
}

/// The keys without those that are equal to one before but for their names: in one statement, the server makes but one
/// of them.
pub(super) fn without_equals(keys: Vec<&Object>) -> Vec<&Object> {
    let says = |key: &Object| {
        let differing = ["columns", "include", "nulls_not_distinct", "deferrable", "initially_deferred"];
        differing.map(|name| key.attribute(name).cloned())
    };
    let is_first = |place: &usize| !keys[..*place].iter().any(|other| says(other) == says(keys[*place]));
    (0..keys.len()).filter(is_first).map(|place| keys[place]).collect()
}

/// The steps that mark a key's index as what it is to its table.
pub(super) fn mark_steps(constraint: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
    let attributes: Attributes = attributes_of(constraint)?;
    Ok(index_mark::steps(&constraint.id, Marks::default(), attributes.marks, sides))
}

impl Key {
    /// Asks whether the rows that are there fit, where there are such rows.
    fn checked(
        &self,
        step: MigrationStep,
        object: &Object,
        attributes: &Attributes,
        sides: &Sides<'_>,
    ) -> MigrationStep {
        if !super::columns_exist(object, sides) {
            return step;
        }
        let name = super::rows_of(&object.id, sides);
        let columns = identifiers(&attributes.columns);
        let step = step.hazard(HazardKind::TableScan, "every row is read while the index is built");
        let nulls = attributes.columns.iter().map(|column| format!("{} IS NULL", identifier(column)));
        let any_null = nulls.collect::<Vec<_>>().join(" OR ");
        let ignoring = if attributes.nulls_not_distinct { String::new() } else { format!(" WHERE NOT ({any_null})") };
        let step = step.check(
            // Rows that are equal overlap as well.
            format!("SELECT EXISTS (SELECT FROM {name}{ignoring} GROUP BY {columns} HAVING count(*) > 1)"),
            format!("{name} has rows with equal ({columns}): make them differ first"),
        );
        if self.name == "primary_key" {
            let message = format!("{name} has rows in which one of ({columns}) is null: fill them in first");
            return step.check(format!("SELECT EXISTS (SELECT FROM {name} WHERE {any_null})"), message);
        }
        step
    }
}

impl Kind for Key {
    fn name(&self) -> &'static str {
        self.name
    }

    fn rule(&self, change: &Change<'_>) -> Rule {
        match change.attribute {
            "tablespace" => Rule::Cosmetic,
            "options" => Rule::Alter,
            attribute if index_mark::is_mark(attribute) => Rule::Alter,
            _ => index::rule_of_parts(change).unwrap_or(Rule::Replace),
        }
    }

    fn outlives(&self, object: &Object, need: &ObjectId, sides: &Sides<'_>) -> bool {
        moved_index::outlives(object, need, sides)
    }

    fn rebinds(&self, changes: &[Change<'_>], _: &ObjectId) -> bool {
        changes.iter().any(|change| change.attribute == "attached")
    }

    fn create(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        if let Some(step) = index::adopt(object).filter(|_| index::is_server_made(object)) {
            return Ok(vec![step]);
        }
        let clause = format!("ADD {}", definition(object, &attributes));
        let is_whole = attributes.without_overlaps;
        let head = if is_whole { table::head(&object.id) } else { table::head_of_one(&object.id, sides) };
        let step = MigrationStep::create(&object.id, "").clause(head, clause);
        let step = step.locking(table::access_exclusive(&outer_name(&object.id)));
        let step = step.after(super::lineage::attachments(&object.id, sides));
        let mut steps = vec![self.checked(step, object, &attributes, sides)];
        if attributes.attached {
            steps.extend(index::attach(object));
        }
        steps.extend(moved_index::attach_to(&object.id, sides));
        steps.extend(index_mark::steps(&object.id, Marks::default(), attributes.marks, sides));
        Ok(steps)
    }

    fn alter(&self, object: &Object, _: &[Change<'_>], sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let before: Attributes = sides.from.get(&object.id).map(attributes_of).transpose()?.unwrap_or_default();
        let after: Attributes = attributes_of(object)?;
        let clauses = super::option_clauses(&before.options, &after.options);
        let name = last_name(&object.id);
        let steps = clauses.into_iter().map(|clause| format!("ALTER INDEX {name} {clause}"));
        let steps = steps.map(|statement| MigrationStep::alter(&object.id, statement));
        let attach = index::attach(object).filter(|_| after.attached && !before.attached);
        Ok(steps.chain(index_mark::steps(&object.id, before.marks, after.marks, sides)).chain(attach).collect())
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        super::drop_constraint(object, sides)
    }

    fn displaces(&self, object: &Object, sides: &Sides<'_>) -> Vec<ObjectId> {
        index_places::gone_with_whole(object, sides)
    }

    fn claims(&self, object: &Object) -> Vec<String> {
        vec![super::index_name(&object.id), super::constraint_name(&object.id)]
    }
}
