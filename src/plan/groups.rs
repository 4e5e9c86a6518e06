//! The steps of each object that is dropped or made, with all that goes or comes along with it.

use std::collections::HashSet;

use schema_sync_store::ObjectId;

use super::decide::{Decisions, kind_of};
use super::graph::Parting;
use super::{MigrationStep, PlanError};
use crate::kind::{Dialect, Sides};

/// The steps that drop an object, and all that goes with it.
type DropGroup = (Vec<MigrationStep>, Vec<ObjectId>);

/// The steps that drop, with the objects that each group takes away. What goes along with its container gets no step
/// of its own.
pub(super) fn drop_steps(
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
    // They go with something else alone.
    let silent: HashSet<&ObjectId> = all.iter().filter(|(_, steps)| steps.is_empty()).map(|(id, _)| *id).collect();
    for (id, mut steps) in containers_first(all, |step| &step.unmakes) {
        if absorbed.contains(id) {
            continue;
        }
        let unmakes = steps.iter().flat_map(|step| step.unmakes.iter().cloned());
        let mut along: HashSet<ObjectId> = unmakes.filter(|other| decisions.dropped.contains_key(other)).collect();
        take_along(&mut along, decisions, sides, dialect)?;
        if let Parting::LeavesFirst(stuck) = parting
            && stuck.contains(id)
        {
            let leaves = leaves(id, &along, stuck, decisions, sides);
            for leaf in leaves.into_iter().filter(|leaf| !silent.contains(leaf)) {
                for dependent in sides.from.all_dependents(&leaf) {
                    along.remove(&dependent.id);
                }
                along.remove(&leaf);
            }
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
    sides: &Sides<'_>,
    dialect: &'static dyn Dialect,
) -> Result<(), PlanError> {
    let mut stack: Vec<ObjectId> = along.iter().cloned().collect();
    while let Some(id) = stack.pop() {
        for dependent in sides.from.all_dependents(&id) {
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

/// Of what goes along with a container, the parts that must go first.
fn leaves(
    container: &ObjectId,
    along: &HashSet<ObjectId>,
    stuck: &[ObjectId],
    decisions: &Decisions<'_>,
    sides: &Sides<'_>,
) -> Vec<ObjectId> {
    let dependents = |id: &ObjectId| sides.from.all_dependents(id).map(|each| &each.id);
    // What nothing needs goes with what it speaks of, wherever that goes.
    let is_alone = |id: &ObjectId| dependents(id).next().is_none();
    let is_needed = |id: &ObjectId| dependents(id).any(|dependent| along.contains(dependent) && !is_alone(dependent));
    let needs_other = |id: &ObjectId| {
        let needs = sides.from.get(id).into_iter().flat_map(|object| &object.needs);
        let changes = |need: &ObjectId| decisions.dropped.contains_key(need) || decisions.altered.contains_key(need);
        let is_stuck = |need: &ObjectId| stuck.iter().any(|object| need == object || need.is_inside(object));
        needs.into_iter().any(|need| changes(need) && is_stuck(need) && !along.contains(need))
    };
    along.iter().filter(|id| *id != container && needs_other(id) && !is_needed(id)).cloned().collect()
}

/// The steps that make; what another step makes along gets none of its own.
pub(super) fn create_steps(
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
