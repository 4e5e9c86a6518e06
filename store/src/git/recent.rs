//! The snapshots that were put or read last, by the git object that keeps them: most entries are about one of these, and
//! follow one about another.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use git2::Oid;

use crate::SchemaSnapshot;

const SNAPSHOTS_MAX: usize = 64;

/// Some snapshots in memory.
#[derive(Debug, Default)]
pub(super) struct RecentSnapshots(Mutex<HashMap<Oid, SchemaSnapshot>>);

impl RecentSnapshots {
    pub(super) fn get(&self, blob: Oid) -> Option<SchemaSnapshot> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&blob).cloned()
    }

    pub(super) fn add(&self, blob: Oid, snapshot: &SchemaSnapshot) {
        let mut snapshots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if snapshots.len() >= SNAPSHOTS_MAX {
            snapshots.clear();
        }
        snapshots.insert(blob, snapshot.clone());
    }
}
