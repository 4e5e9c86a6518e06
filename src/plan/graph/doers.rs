//! Which steps do what to which objects.

use std::collections::{HashMap, HashSet};

use schema_sync_store::ObjectId;

use crate::kind::Sides;

/// Which steps drop, make and alter an object.
#[derive(Default)]
pub(super) struct Doers {
    pub(super) droppers: HashMap<ObjectId, usize>,
    pub(super) makers: HashMap<ObjectId, usize>,
    pub(super) alterers: HashMap<ObjectId, Vec<usize>>,
    /// For steps that alter: what they, and those of the same object before them, come after. That cannot wait for them.
    pub(super) awaited: HashMap<usize, HashSet<ObjectId>>,
}

impl Doers {
    /// Whether an object is altered without a step of its own: what it needs takes it along.
    pub(super) fn changes_along(&self, id: &ObjectId) -> bool {
        self.alterers.get(id).is_some_and(Vec::is_empty)
    }

    /// Whether a step comes after an object: after all of it, after a moment of it that another of its steps is no later
    /// than, or after something that goes and that the object stops needing by being altered.
    pub(super) fn is_awaited(&self, id: &ObjectId, node: usize, step: usize, sides: &Sides<'_>) -> bool {
        let Some(awaited) = self.awaited.get(&step) else { return false };
        let own = self.alterers.get(id);
        let is_own_moment = |need: &ObjectId| {
            let maker = self.makers.get(need).filter(|maker| node <= **maker);
            maker.is_some_and(|maker| own.is_some_and(|own| own.contains(maker)))
        };
        let before = sides.from.get(id).filter(|_| own.is_some());
        let lets_go =
            |need: &ObjectId| sides.to.get(need).is_none() && before.is_some_and(|before| before.needs.contains(need));
        awaited.contains(id) || awaited.iter().any(|need| is_own_moment(need) || lets_go(need))
    }

    /// What stands behind a need that changes along with what it needs itself.
    pub(super) fn needs_behind<'a>(&self, need: &'a ObjectId, sides: &Sides<'a>) -> Vec<&'a ObjectId> {
        let mut behind = Vec::new();
        let mut waiting = vec![need];
        while let Some(object) = waiting.pop().filter(|id| self.changes_along(id)).and_then(|id| sides.to.get(id)) {
            behind.extend(object.needs.iter().filter(|id| !behind.contains(id)).collect::<Vec<_>>());
            waiting.extend(object.needs.iter().filter(|id| self.changes_along(id)));
        }
        behind
    }

    pub(super) fn makes(&mut self, nodes: &[usize], makes: Vec<Vec<ObjectId>>) {
        for (node, made) in nodes.iter().zip(makes) {
            self.makers.extend(made.into_iter().map(|id| (id, *node)));
        }
    }
}
