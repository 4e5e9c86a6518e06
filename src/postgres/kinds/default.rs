//! Defaults of columns, and the expressions of generated columns that the same catalogue keeps.

use schema_sync_store::Object;
use serde::{Deserialize, Serialize};

use super::super::catalog::{Cells, Namespace, Reading, Server, Source, class, object};
use super::super::printed;
use super::super::quote::{identifier, last_part, outer_name};
use super::{column_rows, table};
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{MigrationStep, PlanError};

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Attributes {
    expression: String,
}

pub(in super::super) const SOURCE: Source = Source { name: "default", body, read };

/// An expression without columns is printed without looking at its table, which does not wait for the table's lock.
/// Only those of generated columns speak of columns: as `VAR` nodes.
fn body(_: &Server) -> String {
    "SELECT e.oid, e.adrelid, e.adnum, \
     pg_get_expr(e.adbin, CASE WHEN e.adbin::text LIKE '%{VAR %' THEN e.adrelid ELSE 0 END) \
     FROM pg_depend d JOIN pg_attrdef e ON e.adrelid = d.objid \
     WHERE d.refclassid = 2615 AND d.refobjid = t.ns AND d.refobjsubid = 0 AND d.classid = 1259"
        .to_owned()
}

fn read(cells: &Cells<'_>, _: &Namespace, reading: &mut Reading) -> Result<(), String> {
    let (oid, relation_oid, number): (u32, u32, i16) = (cells.get(1)?, cells.get(2)?, cells.get(3)?);
    let Some(relation) = reading.relations.get(&relation_oid) else { return Ok(()) };
    let Some(found) = relation.columns.get(&number) else { return Ok(()) };
    let (name, is_generated) = (found.name.clone(), found.is_generated);
    let owner = relation.id.clone();
    let column = (class::RELATION, relation_oid, i32::from(number));
    let expression = printed::expression(cells.get(4)?);
    if is_generated {
        if let Some(object) = reading.at_mut(column) {
            column_rows::set_generated(object, expression);
        }
        reading.alias((class::DEFAULT, oid, 0), column);
        return Ok(());
    }
    let id = owner.sibling("default", [owner.name[0].clone(), name]);
    let needs: Vec<_> = reading.at(column).map(|object| object.id.clone()).into_iter().collect();
    reading.add((class::DEFAULT, oid, 0), object(id, &Attributes { expression }, needs)?);
    Ok(())
}

/// The expression of a default.
pub(super) fn expression(default: &Object) -> Result<String, PlanError> {
    attributes_of::<Attributes>(default).map(|attributes| attributes.expression)
}

pub(super) struct Default;

impl Default {
    fn set(object: &Object, step: MigrationStep, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let column = identifier(last_part(&object.id));
        let clause = format!("ALTER COLUMN {column} SET DEFAULT {}", expression(object)?);
        let step = step.clause(table::head_of_one(&object.id, sides), clause);
        Ok(vec![step.locking(table::access_exclusive(&outer_name(&object.id)))])
    }
}

impl Kind for Default {
    fn name(&self) -> &'static str {
        "default"
    }

    fn rule(&self, _: &Change<'_>) -> Rule {
        Rule::Alter
    }

    fn create(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        Self::set(object, MigrationStep::create(&object.id, ""), sides)
    }

    fn alter(&self, object: &Object, _: &[Change<'_>], sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        Self::set(object, MigrationStep::alter(&object.id, ""), sides)
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let clause = format!("ALTER COLUMN {} DROP DEFAULT", identifier(last_part(&object.id)));
        let step = MigrationStep::drop(&object.id, "").clause(table::head_of_one(&object.id, sides), clause);
        Ok(vec![step.locking(table::access_exclusive(&outer_name(&object.id)))])
    }
}
