//! The graph of steps and its one topological sort.
//!
//! Nodes are steps. A step waits for what makes or alters the objects that it needs, for what drops the objects that
//! lean on what it drops or alters, and for what gives up a name that it claims.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use schema_sync_store::{Object, ObjectId};
use smol_str::SmolStr;

use super::decide::{Decisions, kind_of};
use super::{Fold, MigrationStep, PlanError, StepAction, fold};
use crate::kind::{Dialect, Sides};

/// Among steps that are ready, drops come first and creations last; then names decide, so that what belongs to one
/// table stays together.
type Priority = (u8, Option<SmolStr>, Vec<SmolStr>, SmolStr, usize);

/// The steps that drop an object, and all that goes with it.
type DropGroup = (Vec<MigrationStep>, Vec<ObjectId>);

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

/// Which steps drop, make and alter an object.
#[derive(Default)]
struct Doers {
    droppers: HashMap<ObjectId, usize>,
    makers: HashMap<ObjectId, usize>,
    alterers: HashMap<ObjectId, Vec<usize>>,
    /// For steps that alter: what they, and those of the same object before them, come after. That cannot wait for them.
    awaited: HashMap<usize, HashSet<ObjectId>>,
}

impl Doers {
    /// Whether an object is altered without a step of its own: what it needs takes it along.
    fn changes_along(&self, id: &ObjectId) -> bool {
        self.alterers.get(id).is_some_and(Vec::is_empty)
    }

    /// What stands behind a need that changes along with what it needs itself.
    fn needs_behind<'a>(&self, need: &'a ObjectId, sides: &Sides<'a>) -> Vec<&'a ObjectId> {
        let mut behind = Vec::new();
        let mut waiting = vec![need];
        while let Some(object) = waiting.pop().filter(|id| self.changes_along(id)).and_then(|id| sides.to.get(id)) {
            behind.extend(object.needs.iter().filter(|id| !behind.contains(id)).collect::<Vec<_>>());
            waiting.extend(object.needs.iter().filter(|id| self.changes_along(id)));
        }
        behind
    }

    fn makes(&mut self, nodes: &[usize], makes: Vec<Vec<ObjectId>>) {
        for (node, made) in nodes.iter().zip(makes) {
            self.makers.extend(made.into_iter().map(|id| (id, *node)));
        }
    }
}

impl StepGraph {
    pub(super) fn build(
        decisions: &Decisions<'_>,
        sides: &Sides<'_>,
        dialect: &'static dyn Dialect,
        parting: Parting<'_>,
    ) -> Result<Self, PlanError> {
        let mut graph = Self { steps: Vec::new(), successors: Vec::new() };
        let mut doers = Doers::default();
        for (steps, gone) in drop_steps(decisions, sides, dialect, parting)? {
            let nodes = graph.add(steps);
            doers.droppers.extend(gone.into_iter().filter_map(|id| Some((id, *nodes.last()?))));
        }
        for (id, changes) in &decisions.altered {
            let Some(object) = sides.to.get(id) else { continue };
            let steps = kind_of(dialect, id)?.alter(object, changes, sides)?;
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
        for steps in create_steps(decisions, sides, dialect)? {
            let makes: Vec<Vec<ObjectId>> = steps.iter().map(|step| step.makes.clone()).collect();
            doers.makes(&graph.add(steps), makes);
        }
        graph.connect(decisions, sides, dialect, &doers)?;
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
            for need in sides.to.get(id).into_iter().flat_map(|object| &object.needs) {
                self.wait_for_need(Some(id), need, node, doers);
                for behind in doers.needs_behind(need, sides) {
                    self.wait_for_need(Some(id), behind, node, doers);
                }
            }
        }
        for node in 0..self.steps.len() {
            for need in std::mem::take(&mut self.steps[node].after) {
                self.wait_for_need(None, &need, node, doers);
            }
        }
        let altered = doers.alterers.iter().flat_map(|(id, nodes)| nodes.iter().map(move |node| (id, *node)));
        let dropped = doers.droppers.iter().map(|(id, node)| (id, *node));
        for (id, node) in dropped.chain(altered) {
            let mut waiting = vec![id];
            while let Some(id) = waiting.pop() {
                for dependent in decisions.dependents.get(id).into_iter().flatten() {
                    self.wait_for_dependent(dependent, id, node, sides, doers);
                    waiting.extend(Some(&dependent.id).filter(|dependent| doers.changes_along(dependent)));
                }
            }
        }
        self.order_claims(decisions, sides, dialect, doers)
    }

    /// A step comes after what makes or alters its need; where it comes after an object that goes, after its drop.
    fn wait_for_need(&mut self, id: Option<&ObjectId>, need: &ObjectId, node: usize, doers: &Doers) {
        if let Some(doer) = doers.makers.get(need).or_else(|| doers.droppers.get(need)) {
            self.order(*doer, node);
        }
        for alterer in doers.alterers.get(need).into_iter().flatten() {
            let is_awaited = |id: &ObjectId| doers.awaited.get(alterer).is_some_and(|awaited| awaited.contains(id));
            if !id.is_some_and(is_awaited) {
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
            for alterer in doers.alterers.get(&dependent.id).into_iter().flatten() {
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

    /// The steps in an order in which each finds what it needs.
    pub(super) fn into_order(self) -> Result<Vec<MigrationStep>, PlanError> {
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

fn same_object(id: &ObjectId) -> String {
    format!("{id:?}")
}

fn priority(step: &MigrationStep, node: usize) -> Priority {
    let phase = match step.action {
        StepAction::Drop => 0,
        StepAction::Alter => 1,
        StepAction::Create => 2,
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

/// The steps that drop, with the objects that each group takes away. What goes along with its container gets no step
/// of its own.
fn drop_steps(
    decisions: &Decisions<'_>,
    sides: &Sides<'_>,
    dialect: &'static dyn Dialect,
    parting: Parting<'_>,
) -> Result<Vec<DropGroup>, PlanError> {
    let mut absorbed: HashSet<ObjectId> = HashSet::new();
    let mut groups = Vec::new();
    let mut all: Vec<(&ObjectId, Vec<MigrationStep>)> = Vec::new();
    for id in decisions.dropped.keys() {
        if let Some(object) = sides.from.get(id) {
            all.push((*id, kind_of(dialect, id)?.drop(object, sides)?));
        }
    }
    for (id, mut steps) in containers_first(all, |step| &step.unmakes) {
        if absorbed.contains(id) {
            continue;
        }
        let unmakes = steps.iter().flat_map(|step| step.unmakes.iter().cloned());
        let mut along: HashSet<ObjectId> = unmakes.filter(|other| decisions.dropped.contains_key(other)).collect();
        take_along(&mut along, decisions, dialect)?;
        if let Parting::LeavesFirst(stuck) = parting
            && stuck.contains(id)
        {
            part_leaves(id, &mut along, stuck, decisions, sides);
        }
        for step in &mut steps {
            let reason = decisions.dropped.get(id).cloned().flatten();
            step.reason = reason.or_else(|| step.reason.take());
            step.unmakes.retain(|other| along.contains(other));
        }
        absorbed.extend(along.iter().filter(|other| *other != id).cloned());
        groups.push((steps, along.into_iter().collect()));
    }
    Ok(groups)
}

/// Adds what goes by itself with what goes.
fn take_along(
    along: &mut HashSet<ObjectId>,
    decisions: &Decisions<'_>,
    dialect: &'static dyn Dialect,
) -> Result<(), PlanError> {
    let mut stack: Vec<ObjectId> = along.iter().cloned().collect();
    while let Some(id) = stack.pop() {
        for dependent in decisions.dependents.get(&id).into_iter().flatten() {
            let is_dropped = decisions.dropped.contains_key(&dependent.id);
            if is_dropped && kind_of(dialect, &dependent.id)?.goes_along() && along.insert(dependent.id.clone()) {
                stack.push(dependent.id.clone());
            }
        }
    }
    Ok(())
}

/// Only what no container takes in gets to take in others; so what nothing takes in goes first, then shorter names, as
/// containers have shorter names than their parts.
fn containers_first(
    mut all: Vec<(&ObjectId, Vec<MigrationStep>)>,
    along: impl Fn(&MigrationStep) -> &Vec<ObjectId>,
) -> Vec<(&ObjectId, Vec<MigrationStep>)> {
    let others = |(id, steps): &(&ObjectId, Vec<MigrationStep>)| {
        let taken: Vec<ObjectId> = steps.iter().flat_map(&along).filter(|other| other != id).cloned().collect();
        taken
    };
    let taken: HashSet<ObjectId> = all.iter().flat_map(others).collect();
    all.sort_by_key(|(id, _)| (taken.contains(*id), id.name.len()));
    all
}

/// Takes out of what goes along with a container the parts that must go first.
fn part_leaves(
    container: &ObjectId,
    along: &mut HashSet<ObjectId>,
    stuck: &[ObjectId],
    decisions: &Decisions<'_>,
    sides: &Sides<'_>,
) {
    let is_needed = |id: &ObjectId| {
        let dependents = decisions.dependents.get(id).into_iter().flatten();
        dependents.into_iter().any(|dependent| along.contains(&dependent.id))
    };
    let needs_other = |id: &ObjectId| {
        let needs = sides.from.get(id).into_iter().flat_map(|object| &object.needs);
        let changes = |need: &ObjectId| decisions.dropped.contains_key(need) || decisions.altered.contains_key(need);
        let is_stuck = |need: &ObjectId| stuck.iter().any(|object| need == object || need.is_inside(object));
        needs.into_iter().any(|need| changes(need) && is_stuck(need) && !along.contains(need))
    };
    let leaves: Vec<ObjectId> =
        along.iter().filter(|id| *id != container && needs_other(id) && !is_needed(id)).cloned().collect();
    for id in leaves {
        along.remove(&id);
    }
}

/// The steps that make; what another step makes along gets none of its own.
fn create_steps(
    decisions: &Decisions<'_>,
    sides: &Sides<'_>,
    dialect: &'static dyn Dialect,
) -> Result<Vec<Vec<MigrationStep>>, PlanError> {
    let mut absorbed: HashSet<ObjectId> = HashSet::new();
    let mut groups = Vec::new();
    let mut all: Vec<(&ObjectId, Vec<MigrationStep>)> = Vec::new();
    for (id, object) in &decisions.created {
        all.push((*id, kind_of(dialect, id)?.create(object, sides)?));
    }
    for (id, mut steps) in containers_first(all, |step| &step.makes) {
        if absorbed.contains(id) {
            continue;
        }
        for step in &mut steps {
            let reason = decisions.dropped.get(id).cloned().flatten();
            step.reason = reason.or_else(|| step.reason.take());
            absorbed.extend(step.makes.iter().filter(|other| *other != id).cloned());
        }
        groups.push(steps);
    }
    Ok(groups)
}
