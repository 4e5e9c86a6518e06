//! What an index is to its table: the order that CLUSTER follows, or the replica identity. Told by the index, whether it
//! is one of a constraint or not, as it comes and goes with it.

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};

use super::super::catalog::is_default;
use super::super::quote::{identifier, last_part};
use super::table;
use crate::kind::Sides;
use crate::plan::MigrationStep;

/// The marks of one index.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Marks {
    /// It is the one of `CLUSTER ON`.
    #[serde(skip_serializing_if = "is_default")]
    clustered: bool,
    /// It is the one of `REPLICA IDENTITY USING INDEX`.
    #[serde(skip_serializing_if = "is_default")]
    replica_identity: bool,
}

impl Marks {
    pub(super) fn new(clustered: bool, replica_identity: bool) -> Self {
        Self { clustered, replica_identity }
    }
}

/// Whether an attribute is one of [`Marks`].
pub(super) fn is_mark(attribute: &str) -> bool {
    matches!(attribute, "clustered" | "replica_identity")
}

/// The steps that mark an index, or unmark it. A mark moves when another index takes it, and a replica identity that
/// is no index is the table's to set.
pub(super) fn steps(id: &ObjectId, before: Marks, after: Marks, sides: &Sides<'_>) -> Vec<MigrationStep> {
    let name = identifier(last_part(id));
    let mut clauses = Vec::new();
    if after.replica_identity && !before.replica_identity {
        clauses.push(format!("REPLICA IDENTITY USING INDEX {name}"));
    }
    if after.clustered && !before.clustered {
        clauses.push(format!("CLUSTER ON {name}"));
    }
    if before.clustered && !after.clustered && !another_is_clustered(id, sides) {
        clauses.push("SET WITHOUT CLUSTER".to_owned());
    }
    clauses.into_iter().map(|clause| table::altering(id, clause)).collect()
}

fn another_is_clustered(id: &ObjectId, sides: &Sides<'_>) -> bool {
    let table = id.sibling("table", [id.name[0].clone()]);
    let is_clustered = |index: &Object| index.attribute("clustered").is_some();
    let mut indexes = super::index::WITH_INDEX.into_iter().flat_map(|kind| sides.to.parts(kind, &table));
    indexes.any(is_clustered)
}
