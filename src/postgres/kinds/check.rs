//! Check constraints of tables.

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};

use super::super::catalog::{is_default, object};
use super::super::printed;
use super::super::quote::{identifier, last_part, outer_name};
use super::constraint::ConstraintRow;
use super::{foreign_table, joining, lineage, table};
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{HazardKind, MigrationStep, PlanError};

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Attributes {
    expression: String,
    #[serde(default, skip_serializing_if = "is_default")]
    no_inherit: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    not_valid: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    not_enforced: bool,
}

pub(super) fn read(row: &ConstraintRow<'_>) -> Result<Object, String> {
    let attributes = Attributes {
        expression: printed::expression(row.cells.get(21)?),
        no_inherit: row.cells.get(9)?,
        not_valid: row.not_valid,
        not_enforced: row.not_enforced,
    };
    object(row.id("check"), &attributes, [])
}

/// Whether children of the table have it too.
pub(super) fn is_inherited(constraint: &Object) -> bool {
    constraint.attribute("no_inherit").is_none()
}

fn definition(constraint: &Object, attributes: &Attributes) -> String {
    let no_inherit = if attributes.no_inherit { " NO INHERIT" } else { "" };
    let state = match attributes {
        Attributes { not_enforced: true, .. } => " NOT ENFORCED",
        Attributes { not_valid: true, .. } => " NOT VALID",
        _ => "",
    };
    format!("CONSTRAINT {} CHECK ({}){no_inherit}{state}", identifier(last_part(&constraint.id)), attributes.expression)
}

/// The constraint as a line of CREATE TABLE; one that is not valid must be added afterwards.
pub(super) fn inline(constraint: &Object) -> Result<Option<String>, PlanError> {
    let attributes: Attributes = attributes_of(constraint)?;
    Ok((!attributes.not_valid).then(|| definition(constraint, &attributes)))
}

/// The constraint as a table has it that becomes a partition: there it must be valid, while it may not be above.
pub(super) fn of_partition(constraint: &Object) -> Result<String, PlanError> {
    let attributes: Attributes = attributes_of(constraint)?;
    Ok(definition(constraint, &Attributes { not_valid: false, ..attributes }))
}

pub(super) fn is_unproven(constraint: &Object) -> bool {
    constraint.attribute("not_valid").is_some() && constraint.attribute("not_enforced").is_none()
}

pub(super) struct Check;

impl Kind for Check {
    fn name(&self) -> &'static str {
        "check"
    }

    fn rule(&self, change: &Change<'_>) -> Rule {
        match (change.attribute, change.to) {
            ("not_valid", None) => Rule::Alter,
            _ => Rule::Replace,
        }
    }

    fn rebinds(&self, _: &[Change<'_>], _: &ObjectId) -> bool {
        false
    }

    fn create(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let clause = format!("ADD {}", definition(object, &attributes));
        let step = MigrationStep::create(&object.id, "").clause(table::head(&object.id), clause);
        let name = outer_name(&object.id);
        let step = step.locking(table::access_exclusive(&name));
        // Children get it along; those that leave tell for themselves.
        let table = lineage::table_of(&object.id);
        let step = step.after(lineage::departures(&table, sides)).after([lineage::departure(&table)]);
        if attributes.not_valid || attributes.not_enforced || !super::columns_exist(object, sides) {
            return Ok(vec![step]);
        }
        let message = format!("{name} has rows that do not satisfy {}: mend them first", attributes.expression);
        let rows = if attributes.no_inherit { super::rows_of(&object.id, sides) } else { name.clone() };
        let query = format!("SELECT EXISTS (SELECT FROM {rows} WHERE NOT ({}))", attributes.expression);
        let step = step.hazard(HazardKind::TableScan, "every row is read to see that it satisfies the check");
        Ok(foreign_table::without_rows(vec![step.check(query, message)], &object.id, sides))
    }

    fn alter(&self, object: &Object, _: &[Change<'_>], _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        Ok(vec![super::validate_constraint(object)])
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        if joining::is_left_check(object, sides) && !lineage::is_replaced(&lineage::table_of(&object.id), sides) {
            return Ok(Vec::new());
        }
        super::drop_constraint(object, sides)
    }

    fn claims(&self, object: &Object) -> Vec<String> {
        vec![super::constraint_name(&object.id)]
    }
}
