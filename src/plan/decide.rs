//! Which objects are dropped, altered and made: the diff, and what it means for all that leans on what differs.

use std::collections::{BTreeMap, HashMap};

use schema_sync_store::{AttributeChange, Object, ObjectId, SchemaDiff};

use super::PlanError;
use crate::kind::{Change, Dialect, Disturbance, Kind, Rule, Sides};

/// What happens to each object. An object that is dropped and created is replaced.
pub(super) struct Decisions<'a> {
    /// Objects of the `from` side to drop, with the reason where it is not that the other side lacks them.
    pub(super) dropped: BTreeMap<&'a ObjectId, Option<String>>,
    /// Objects of the `to` side to make.
    pub(super) created: BTreeMap<&'a ObjectId, &'a Object>,
    /// Objects to alter in place.
    pub(super) altered: BTreeMap<&'a ObjectId, Vec<Change<'a>>>,
    /// For each object of the `from` side, those that need it.
    pub(super) dependents: HashMap<&'a ObjectId, Vec<&'a Object>>,
}

impl<'a> Decisions<'a> {
    pub(super) fn of(
        diff: &'a SchemaDiff,
        sides: &Sides<'a>,
        dialect: &'static dyn Dialect,
    ) -> Result<Self, PlanError> {
        let mut decisions = Self {
            dropped: BTreeMap::new(),
            created: diff.added.iter().map(|object| (&object.id, object)).collect(),
            altered: BTreeMap::new(),
            dependents: dependents(sides),
        };
        let mut replaced: Vec<(&ObjectId, String)> = Vec::new();
        for change in &diff.changed {
            let changes: Vec<Change<'a>> =
                change.attributes.iter().map(|attribute| as_change(&change.to, attribute)).collect();
            let kind = kind_of(dialect, change.id())?;
            match strongest_rule(kind, &changes)? {
                Some(attribute) => replaced.push((change.id(), format!("its {attribute} changes"))),
                None => drop(decisions.altered.insert(change.id(), changes)),
            }
        }
        for object in &diff.removed {
            decisions.drop_with_dependents(&object.id, None, sides);
        }
        for (id, reason) in replaced {
            decisions.drop_with_dependents(id, Some(reason), sides);
        }
        decisions.disturb(sides, dialect)?;
        Ok(decisions)
    }

    /// Drops an object and, first, all that leans on it; what the other side has as well is made again.
    fn drop_with_dependents(&mut self, id: &'a ObjectId, reason: Option<String>, sides: &Sides<'a>) {
        let mut stack = vec![(id, reason)];
        while let Some((id, reason)) = stack.pop() {
            if self.dropped.contains_key(id) {
                continue;
            }
            self.dropped.insert(id, reason);
            self.altered.remove(id);
            if let Some(object) = sides.to.get(id) {
                self.created.insert(&object.id, object);
            }
            for dependent in self.dependents.get(id).into_iter().flatten() {
                if !self.is_altered_away(&dependent.id, id, sides) {
                    stack.push((&dependent.id, Some(format!("leans on {id}"))));
                }
            }
        }
    }

    /// Whether an object is altered in place so that it no longer needs the other: a column whose type is dropped.
    fn is_altered_away(&self, id: &ObjectId, need: &ObjectId, sides: &Sides<'a>) -> bool {
        self.altered.contains_key(id) && sides.to.get(id).is_some_and(|object| !object.needs.contains(need))
    }

    /// Drops, to be made again, what cannot stay while something that it leans on is altered in place.
    fn disturb(&mut self, sides: &Sides<'a>, dialect: &'static dyn Dialect) -> Result<(), PlanError> {
        let mut recreated: Vec<(&'a ObjectId, &'a ObjectId)> = Vec::new();
        for (id, changes) in &self.altered {
            let kind = kind_of(dialect, id)?;
            let mut stack = vec![*id];
            let mut seen: Vec<&ObjectId> = Vec::new();
            while let Some(current) = stack.pop() {
                for dependent in self.dependents.get(current).into_iter().flatten() {
                    if seen.contains(&&dependent.id) {
                        continue;
                    }
                    seen.push(&dependent.id);
                    match kind.disturbs(changes, dependent) {
                        Disturbance::None => {}
                        Disturbance::Recreate => recreated.push((&dependent.id, id)),
                        Disturbance::Through => stack.push(&dependent.id),
                    }
                }
            }
        }
        for (id, disturbing) in recreated {
            self.drop_with_dependents(id, Some(format!("leans on {disturbing}, which changes")), sides);
        }
        Ok(())
    }
}

/// The kind of an object; one that a dialect does not know must not be touched.
pub(super) fn kind_of(dialect: &'static dyn Dialect, id: &ObjectId) -> Result<&'static dyn Kind, PlanError> {
    dialect.kind(&id.kind).ok_or_else(|| PlanError::Unmodelled(vec![id.clone()]))
}

fn as_change<'a>(object: &'a Object, change: &'a AttributeChange) -> Change<'a> {
    Change { object, attribute: &change.attribute, from: change.from.as_ref(), to: change.to.as_ref() }
}

/// The attribute because of which an object must be replaced, where there is one.
fn strongest_rule<'a>(kind: &dyn Kind, changes: &[Change<'a>]) -> Result<Option<&'a str>, PlanError> {
    let mut replaced_for = None;
    for change in changes {
        match kind.rule(change) {
            Rule::Alter | Rule::Cosmetic => {}
            Rule::Replace => replaced_for = Some(change.attribute),
            Rule::Refuse(reason) => {
                return Err(PlanError::Refused { object: change.object.id.clone(), reason: reason.into_owned() });
            }
        }
    }
    Ok(replaced_for)
}

fn dependents<'a>(sides: &Sides<'a>) -> HashMap<&'a ObjectId, Vec<&'a Object>> {
    let mut dependents: HashMap<&ObjectId, Vec<&Object>> = HashMap::new();
    for object in sides.from.objects() {
        for need in &object.needs {
            dependents.entry(need).or_default().push(object);
        }
    }
    dependents
}
