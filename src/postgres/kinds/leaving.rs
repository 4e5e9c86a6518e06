//! How a table leaves the tables above it: as a child, or as a partition.

use schema_sync_store::{Object, ObjectId};

use super::super::quote::{identifier, last_name, last_part, outer_name};
use super::joining::{left_checks, left_foreign_keys};
use super::lineage;
use super::table::{Attributes, access_exclusive, altering, head};
use crate::kind::Sides;
use crate::plan::{Fold, Hazard, HazardKind, MigrationStep};

/// What ends being a child of tables by inheritance.
pub(super) fn leave_parents(id: &ObjectId, before: &Attributes, after: &Attributes) -> Vec<MigrationStep> {
    let left = before.inherits.iter().filter(|parent| !after.inherits.contains(parent));
    let leave = |parent: &String| {
        let statement = format!("{} NO INHERIT {parent}", head(id));
        let step = MigrationStep::alter(id, statement).locking(access_exclusive(&outer_name(id)));
        step.making([lineage::departure(id)])
    };
    left.map(leave).collect()
}

/// What detaches a partition that becomes none, or one of another bound or parent.
pub(super) fn leave_partitioned(
    id: &ObjectId,
    before: &Attributes,
    after: &Attributes,
    sides: &Sides<'_>,
) -> Option<MigrationStep> {
    let partition = before.partition_of.as_ref().filter(|_| before.partition_of != after.partition_of)?;
    let statement = format!("ALTER TABLE {} DETACH PARTITION {}", partition.parent, outer_name(id));
    let step = MigrationStep::alter(id, statement).locking(access_exclusive(&partition.parent));
    let mut step = step.making([lineage::departure(id)]);
    step.statements.extend(left_checks(id, sides));
    step.statements.extend(left_foreign_keys(id, sides));
    Some(step)
}

/// What drops the indexes, keys and columns that a table had from parents that it leaves, and does not keep.
pub(super) fn drop_left_behind(id: &ObjectId, sides: &Sides<'_>) -> Vec<MigrationStep> {
    let drop_index = |index: &Object| {
        if index.id.kind == "index" {
            MigrationStep::alter(id, format!("DROP INDEX IF EXISTS {}", last_name(&index.id)))
        } else {
            altering(id, format!("DROP CONSTRAINT IF EXISTS {}", identifier(last_part(&index.id))))
        }
    };
    let drop_column = |column: &Object| {
        let step = altering(id, format!("DROP COLUMN {}", identifier(last_part(&column.id))));
        let (kind, detail) = (HazardKind::DataLoss, "every value of the column is lost".to_owned());
        let hazards = vec![Hazard { kind, object: column.id.clone(), detail }];
        let step = step.unmaking([column.id.clone()]).after(lineage::departures_below(id, sides));
        MigrationStep { hazards, fold: Fold::Alone, ..step }
    };
    let indexes = lineage::left_indexes(id, sides).into_iter().map(drop_index);
    indexes.chain(lineage::left_behind(id, sides).into_iter().map(drop_column)).collect()
}
