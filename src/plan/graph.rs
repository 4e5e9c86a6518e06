//! The graph of steps and its one topological sort.
//!
//! Nodes are steps. A step waits for what makes or alters the objects that it needs, for what drops the objects that
//! lean on what it drops or alters, and for what gives up a name that it claims.

mod behind;
mod doers;
mod order;

use std::collections::{BTreeSet, HashMap, HashSet};

use schema_sync_store::{Object, ObjectId};

use super::decide::{Decisions, kind_of};
use super::groups::{create_steps, drop_steps};
use super::{Fold, MigrationStep, PlanError, StepAction, fold};
use crate::kind::{Dialect, Disturbance, Release, Sides};

use doers::Doers;

pub(super) struct StepGraph {
    steps: Vec<MigrationStep>,
    /// For each step, those that wait for it.
    successors: Vec<BTreeSet<usize>>,
}

/// What goes along when a container is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parting<'a> {
    /// All its parts.
    Together,
    /// Of containers among these, all but the parts that need something else of these that is dropped or altered, and
    /// that no other part needs. These go first: a foreign key between two tables that refer to each other and are both
    /// dropped.
    LeavesFirst(&'a [ObjectId]),
}

/// What the steps that alter an object wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// The drops of all that leans on it.
    All,
    /// The drops of what the change disturbs. Between a table that is altered, a column of it that goes, one that comes
    /// and a policy that is altered to speak of the one instead of the other there is no other order.
    Disturbed,
}

impl StepGraph {
    pub(super) fn build(
        decisions: &Decisions<'_>,
        sides: &Sides<'_>,
        dialect: &'static dyn Dialect,
        (parting, patience): (Parting<'_>, Patience),
    ) -> Result<Self, PlanError> {
        let mut graph = Self { steps: Vec::new(), successors: Vec::new() };
        let mut doers = Doers::default();
        for (steps, gone) in drop_steps(decisions, sides, dialect, parting)? {
            let nodes = graph.add(steps);
            doers.droppers.extend(gone.into_iter().filter_map(|id| Some((id, *nodes.last()?))));
        }
        for (id, changes) in &decisions.altered {
            let Some(object) = sides.to.get(id) else { continue };
            let kind = kind_of(dialect, id)?;
            let is_released = decisions.released.contains_key(id);
            let changes = changes.iter().filter(|change| !is_released || !kind.release_makes(change));
            let steps = kind.alter(object, &changes.copied().collect::<Vec<_>>(), sides)?;
            let makes: Vec<Vec<ObjectId>> = steps.iter().map(|step| step.makes.clone()).collect();
            let gone: Vec<Vec<ObjectId>> = steps.iter().map(|step| step.unmakes.clone()).collect();
            let nodes = graph.add(steps);
            for (node, gone) in nodes.iter().zip(gone) {
                doers.droppers.extend(gone.into_iter().map(|id| (id, *node)));
            }
            let mut awaited = HashSet::new();
            for node in &nodes {
                awaited.extend(graph.steps[*node].after.iter().cloned());
                doers.awaited.insert(*node, awaited.clone());
            }
            doers.makes(&nodes, makes);
            doers.alterers.insert((*id).clone(), nodes);
        }
        let mut released = Vec::new();
        for (id, needs) in &decisions.released {
            let Some(object) = sides.to.get(id) else { continue };
            let Release { before, after } = kind_of(dialect, id)?.release(object, needs, sides)?;
            let made = |steps: &[MigrationStep]| steps.iter().map(|step| step.makes.clone()).collect();
            let moments: [Vec<Vec<ObjectId>>; 2] = [made(&before), made(&after)];
            let (before, after) = (graph.add(before), graph.add(after));
            for (nodes, made) in [&before, &after].into_iter().zip(moments) {
                doers.makes(nodes, made);
            }
            graph.order_chain(&before, &after);
            graph.order_chain(&after, doers.alterers.get(*id).map_or(&[], Vec::as_slice));
            doers.alterers.entry((*id).clone()).or_default().extend(&after);
            for node in after {
                doers.awaited.insert(node, graph.steps[node].after.iter().cloned().collect());
            }
            released.push((*id, before));
        }
        for steps in create_steps(decisions, sides, dialect)? {
            let makes: Vec<Vec<ObjectId>> = steps.iter().map(|step| step.makes.clone()).collect();
            doers.makes(&graph.add(steps), makes);
        }
        graph.connect(decisions, sides, dialect, &doers)?;
        graph.wait_for_dependents(decisions, sides, &doers, patience, dialect)?;
        graph.wait_behind_needs(decisions, sides, &doers, dialect)?;
        for (id, nodes) in released {
            graph.let_go(id, &nodes, decisions, sides, &doers);
        }
        Ok(graph)
    }

    /// Adds the steps of one object, each after the one before it; a step that is done once joins its twin.
    fn add(&mut self, steps: Vec<MigrationStep>) -> Vec<usize> {
        let mut nodes: Vec<usize> = Vec::with_capacity(steps.len());
        for step in steps {
            let twin = match &step.fold {
                Fold::Once(_) => self.steps.iter().position(|other| other.fold == step.fold),
                Fold::Alone | Fold::Clause { .. } => None,
            };
            let node = twin.unwrap_or(self.steps.len());
            match self.steps.get_mut(node) {
                Some(twin) => {
                    if twin.action != step.action {
                        twin.action = StepAction::Alter;
                    }
                    fold::merge_facts(twin, step);
                }
                None => {
                    self.steps.push(step);
                    self.successors.push(BTreeSet::new());
                }
            }
            if let Some(previous) = nodes.last() {
                self.order(*previous, node);
            }
            nodes.push(node);
        }
        nodes
    }

    fn order(&mut self, first: usize, second: usize) {
        if first != second {
            self.successors[first].insert(second);
        }
    }

    fn order_chain(&mut self, before: &[usize], after: &[usize]) {
        if let (Some(before), Some(after)) = (before.last(), after.first()) {
            self.order(*before, *after);
        }
    }

    /// An object lets go after what leans on it is dropped, and before what it lets go of is.
    fn let_go(&mut self, id: &ObjectId, nodes: &[usize], decisions: &Decisions<'_>, sides: &Sides<'_>, doers: &Doers) {
        let (Some(first), Some(last)) = (nodes.first(), nodes.last()) else { return };
        for dependent in sides.from.all_dependents(id) {
            // Some can go only when it has let go.
            let dropper = doers.droppers.get(&dependent.id);
            if let Some(dropper) = dropper.filter(|dropper| !self.successors[*last].contains(dropper)) {
                self.order(*dropper, *first);
            }
        }
        for need in decisions.released.get(id).into_iter().flatten() {
            if let Some(dropper) = doers.droppers.get(*need) {
                self.order(*last, *dropper);
            }
        }
    }

    fn connect(
        &mut self,
        decisions: &Decisions<'_>,
        sides: &Sides<'_>,
        dialect: &'static dyn Dialect,
        doers: &Doers,
    ) -> Result<(), PlanError> {
        let altered = doers.alterers.iter().flat_map(|(id, nodes)| nodes.iter().map(move |node| (id, *node)));
        let made = doers.makers.iter().map(|(id, node)| (id, *node));
        for (id, node) in altered.chain(made) {
            if self.steps[node].lets_go {
                continue;
            }
            for need in sides.to.get(id).into_iter().flat_map(|object| &object.needs) {
                self.wait_for_need(Some(id), need, node, sides, doers);
                for behind in doers.needs_behind(need, sides) {
                    self.wait_for_need(Some(id), behind, node, sides, doers);
                }
            }
        }
        for node in 0..self.steps.len() {
            for need in std::mem::take(&mut self.steps[node].after) {
                // What drops something comes before all that is made again: of that, it can only await the drop.
                let dropper = doers.droppers.get(&need).filter(|_| self.steps[node].action == StepAction::Drop);
                match dropper {
                    Some(dropper) => self.order(*dropper, node),
                    None => self.wait_for_need(None, &need, node, sides, doers),
                }
            }
        }
        self.order_claims(decisions, sides, dialect, doers)
    }

    fn wait_for_dependents(
        &mut self,
        decisions: &Decisions<'_>,
        sides: &Sides<'_>,
        doers: &Doers,
        patience: Patience,
        dialect: &'static dyn Dialect,
    ) -> Result<(), PlanError> {
        let dependents = |id: &ObjectId| {
            let mut found: Vec<(&ObjectId, &Object)> = Vec::new();
            let mut waiting: Vec<&ObjectId> = sides.from.get(id).map(|object| &object.id).into_iter().collect();
            while let Some(id) = waiting.pop() {
                for dependent in sides.from.all_dependents(id) {
                    found.push((id, dependent));
                    waiting.extend(Some(&dependent.id).filter(|dependent| doers.changes_along(dependent)));
                }
            }
            found
        };
        for (id, node) in &doers.droppers {
            for (id, dependent) in dependents(id) {
                self.wait_for_dependent(dependent, id, *node, sides, doers);
            }
        }
        for (id, changes) in &decisions.altered {
            let kind = kind_of(dialect, id)?;
            for (need, dependent) in dependents(id) {
                if patience == Patience::All || kind.disturbs(changes, dependent, sides) == Disturbance::Recreate {
                    for node in doers.alterers.get(*id).into_iter().flatten() {
                        self.wait_for_dependent(dependent, need, *node, sides, doers);
                    }
                }
            }
        }
        Ok(())
    }

    /// A step comes after what makes or alters its need; where it comes after an object that goes, after its drop.
    fn wait_for_need(&mut self, id: Option<&ObjectId>, need: &ObjectId, node: usize, sides: &Sides<'_>, doers: &Doers) {
        if let Some(doer) = doers.makers.get(need).or_else(|| doers.droppers.get(need)) {
            self.order(*doer, node);
        }
        for alterer in doers.alterers.get(need).into_iter().flatten() {
            if !id.is_some_and(|id| doers.is_awaited(id, node, *alterer, sides)) {
                self.order(*alterer, node);
            }
        }
    }

    /// A step that drops or alters an object waits for the drop of what leans on it, and for the change by which
    /// something stops leaning on it.
    fn wait_for_dependent(&mut self, dependent: &Object, id: &ObjectId, node: usize, sides: &Sides<'_>, doers: &Doers) {
        // A step of an object may itself take away what leans on it.
        let own = doers.alterers.get(id);
        let is_own = |dropper: &usize| own.is_some_and(|own| own.contains(dropper) && own.contains(&node));
        if let Some(dropper) = doers.droppers.get(&dependent.id).filter(|dropper| !is_own(dropper)) {
            self.order(*dropper, node);
        }
        let leans_on = sides.to.get(&dependent.id).is_some_and(|object| object.needs.contains(id));
        if !leans_on && doers.droppers.contains_key(id) {
            let alterers = doers.alterers.get(&dependent.id).into_iter().flatten();
            let has_let_go = alterers.clone().position(|alterer| self.steps[*alterer].lets_go);
            // One may wait for the drop itself.
            let awaits = |alterer: &usize| doers.awaited.get(alterer).is_some_and(|awaited| awaited.contains(id));
            let first = alterers.take(has_let_go.map_or(usize::MAX, |place| place + 1));
            for alterer in first.filter(|alterer| !awaits(alterer)) {
                self.order(*alterer, node);
            }
        }
    }

    /// A name is free for a new owner only after the old one is gone.
    fn order_claims(
        &mut self,
        decisions: &Decisions<'_>,
        sides: &Sides<'_>,
        dialect: &'static dyn Dialect,
        doers: &Doers,
    ) -> Result<(), PlanError> {
        let mut given_up: HashMap<String, Vec<usize>> = HashMap::new();
        for id in decisions.dropped.keys() {
            if let (Some(object), Some(dropper)) = (sides.from.get(id), doers.droppers.get(id)) {
                given_up.entry(same_object(id)).or_default().push(*dropper);
                for claim in kind_of(dialect, id)?.claims(object) {
                    given_up.entry(claim).or_default().push(*dropper);
                }
            }
        }
        for (id, object) in &decisions.created {
            let Some(maker) = doers.makers.get(id) else { continue };
            let claims = kind_of(dialect, id)?.claims(object).into_iter().chain([same_object(id)]);
            for dropper in claims.filter_map(|claim| given_up.get(&claim)).flatten().copied().collect::<Vec<_>>() {
                self.order(dropper, *maker);
            }
        }
        Ok(())
    }
}

fn same_object(id: &ObjectId) -> String {
    format!("{id:?}")
}
