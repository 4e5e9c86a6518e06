//! The one topological sort.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::super::{Fold, MigrationStep, PlanError, StepAction};
use super::StepGraph;

/// Among steps that are ready, early ones and drops come first and creations last; then names decide, so that what belongs to one
/// table stays together.
type Priority = (u8, Option<SmolStr>, Vec<SmolStr>, SmolStr, usize);

impl StepGraph {
    /// The steps in an order in which each finds what it needs.
    pub(in super::super) fn into_order(self) -> Result<Vec<MigrationStep>, PlanError> {
        let mut waiting_for = vec![0_usize; self.steps.len()];
        for successor in self.successors.iter().flatten() {
            waiting_for[*successor] += 1;
        }
        let mut ready: BTreeMap<Priority, usize> = BTreeMap::new();
        for (node, count) in waiting_for.iter().enumerate() {
            if *count == 0 {
                ready.insert(priority(&self.steps[node], node), node);
            }
        }
        let mut order: Vec<usize> = Vec::with_capacity(self.steps.len());
        while let Some(key) = next(&ready, order.last().map(|last| &self.steps[*last]), &self.steps) {
            let Some(node) = ready.remove(&key) else { break };
            order.push(node);
            for successor in &self.successors[node] {
                waiting_for[*successor] -= 1;
                if waiting_for[*successor] == 0 {
                    ready.insert(priority(&self.steps[*successor], *successor), *successor);
                }
            }
        }
        if order.len() < self.steps.len() {
            let stuck = self.in_circles(&order).into_iter().map(|node| self.steps[node].object.clone());
            return Err(PlanError::Cycle(stuck.collect()));
        }
        let mut steps: Vec<Option<MigrationStep>> = self.steps.into_iter().map(Some).collect();
        Ok(order.into_iter().filter_map(|node| steps[node].take()).collect())
    }
}

impl StepGraph {
    /// The steps that wait for each other, without those that merely wait for one of them.
    fn in_circles(&self, ordered: &[usize]) -> BTreeSet<usize> {
        let mut stuck: BTreeSet<usize> = (0..self.steps.len()).filter(|node| !ordered.contains(node)).collect();
        loop {
            let is_last = |node: &&usize| !self.successors[**node].iter().any(|successor| stuck.contains(successor));
            let Some(last) = stuck.iter().find(is_last).copied() else { return stuck };
            stuck.remove(&last);
        }
    }
}

fn priority(step: &MigrationStep, node: usize) -> Priority {
    let phase = match step.action {
        _ if step.is_early => 0,
        StepAction::Drop => 1,
        StepAction::Alter => 2,
        StepAction::Create => 3,
    };
    (phase, step.object.schema.clone(), step.object.name.clone(), step.object.kind.clone(), node)
}

/// The ready step of highest priority; of the same phase, one that folds with the last step goes before the others.
fn next(ready: &BTreeMap<Priority, usize>, last: Option<&MigrationStep>, steps: &[MigrationStep]) -> Option<Priority> {
    let (first, _) = ready.first_key_value()?;
    let head_of = |step: &MigrationStep| match &step.fold {
        Fold::Clause { head, .. } => Some(head.clone()),
        Fold::Alone | Fold::Once(_) => None,
    };
    let folding = last.and_then(head_of).and_then(|head| {
        let mut same_phase = ready.iter().take_while(|(key, _)| key.0 == first.0);
        same_phase.find(|(_, node)| head_of(&steps[**node]).as_ref() == Some(&head))
    });
    Some(folding.map_or(first, |(key, _)| key).clone())
}
