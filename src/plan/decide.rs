//! Which objects are dropped, altered and made: the diff, and what it means for all that leans on what differs.

use std::collections::BTreeMap;

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
    /// Objects that let go of others while these are dropped and made again.
    pub(super) released: BTreeMap<&'a ObjectId, Vec<&'a ObjectId>>,
    dialect: &'static dyn Dialect,
    rebinding: Rebinding,
}

/// What becomes of derived objects that are altered so that they no longer need something that goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rebinding {
    /// They are altered in place.
    InPlace,
    /// They are dropped before and made again after: what they turn to may wait for what they turn from.
    Anew,
}

/// An object to drop, and why.
type Dropped<'a> = (&'a ObjectId, Option<String>);

impl<'a> Decisions<'a> {
    pub(super) fn of(
        diff: &'a SchemaDiff,
        sides: &Sides<'a>,
        dialect: &'static dyn Dialect,
        rebinding: Rebinding,
    ) -> Result<Self, PlanError> {
        let mut decisions = Self {
            dropped: BTreeMap::new(),
            created: diff.added.iter().map(|object| (&object.id, object)).collect(),
            altered: BTreeMap::new(),
            released: BTreeMap::new(),
            dialect,
            rebinding,
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
        decisions.displace(sides, dialect)?;
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
            self.released.remove(id);
            if let Some(object) = sides.to.get(id) {
                self.created.insert(&object.id, object);
            }
            for dependent in sides.from.all_dependents(id) {
                let stays = self.is_altered_away(&dependent.id, id, sides) || self.outlives(dependent, id, sides);
                if stays || self.dropped.contains_key(&dependent.id) {
                    continue;
                }
                match self.release(dependent, id, sides) {
                    Some(disturbed) => stack.extend(disturbed),
                    None => stack.push((&dependent.id, Some(format!("leans on {id}")))),
                }
            }
        }
    }

    /// Lets an object stay while what it needs is made anew, where it can let go of that; answers what cannot stay then.
    fn release(&mut self, object: &'a Object, need: &'a ObjectId, sides: &Sides<'a>) -> Option<Vec<Dropped<'a>>> {
        let kind = self.dialect.kind(&object.id.kind)?;
        let stays = sides.to.get(need).is_some() && sides.to.get(&object.id).is_some_and(|to| to.needs.contains(need));
        if !stays || !kind.can_let_go(object, need, sides) {
            return None;
        }
        self.released.entry(&object.id).or_default().push(need);
        let disturbed = sides.from.all_dependents(&object.id).filter(|dependent| kind.release_disturbs(dependent));
        let reason = format!("leans on {}, which lets go of {need}", object.id);
        Some(disturbed.map(|dependent| (&dependent.id, Some(reason.clone()))).collect())
    }

    /// Whether an object is altered in place so that it no longer needs the other: a column whose type is dropped.
    fn is_altered_away(&self, id: &ObjectId, need: &ObjectId, sides: &Sides<'a>) -> bool {
        let rebinds = |changes: &Vec<Change<'_>>| {
            let in_place = |kind: &dyn Kind| self.rebinding == Rebinding::InPlace || !kind.is_derived();
            self.dialect.kind(&id.kind).is_some_and(|kind| kind.rebinds(changes, need) && in_place(kind))
        };
        self.altered.get(id).is_some_and(rebinds) && sides.to.get(id).is_some_and(|object| !object.needs.contains(need))
    }

    /// Whether an object that needs the other no longer stays as it is when that goes.
    fn outlives(&self, object: &Object, need: &ObjectId, sides: &Sides<'a>) -> bool {
        let is_free = sides.to.get(&object.id).is_some_and(|after| !after.needs.contains(need));
        is_free && self.dialect.kind(&object.id.kind).is_some_and(|kind| kind.outlives(object, need, sides))
    }

    /// Drops, to be made again, what cannot stay while something that it leans on is altered in place.
    fn disturb(&mut self, sides: &Sides<'a>, dialect: &'static dyn Dialect) -> Result<(), PlanError> {
        let mut recreated: Vec<(&'a ObjectId, &'a ObjectId)> = Vec::new();
        for (id, changes) in &self.altered {
            let kind = kind_of(dialect, id)?;
            let mut stack = vec![*id];
            let mut seen: Vec<&ObjectId> = Vec::new();
            while let Some(current) = stack.pop() {
                for dependent in sides.from.all_dependents(current) {
                    if seen.contains(&&dependent.id) {
                        continue;
                    }
                    seen.push(&dependent.id);
                    match kind.disturbs(changes, dependent, sides) {
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

impl<'a> Decisions<'a> {
    /// Drops, to be made again, what goes down with the way in which other objects are made, altered or dropped.
    fn displace(&mut self, sides: &Sides<'a>, dialect: &'static dyn Dialect) -> Result<(), PlanError> {
        let after = self.created.keys().chain(self.altered.keys()).filter_map(|id| sides.to.get(id));
        let before = self.dropped.keys().filter_map(|id| sides.from.get(id));
        let mut displaced: BTreeMap<ObjectId, &ObjectId> = BTreeMap::new();
        for object in after.chain(before) {
            for id in kind_of(dialect, &object.id)?.displaces(object, sides) {
                displaced.entry(id).or_insert(&object.id);
            }
        }
        for (id, displacing) in displaced {
            if let Some(object) = sides.from.get(&id) {
                self.drop_with_dependents(
                    &object.id,
                    Some(format!("goes down with the change of {displacing}")),
                    sides,
                );
            }
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
            Rule::Alter | Rule::Cosmetic | Rule::Incomparable => {}
            Rule::Replace => replaced_for = Some(change.attribute),
            Rule::Refuse(reason) => {
                return Err(PlanError::Refused { object: change.object.id.clone(), reason: reason.into_owned() });
            }
        }
    }
    Ok(replaced_for)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use schema_sync_store::{SchemaSnapshot, SnapshotError};

    use super::*;
    use crate::plan::{DependencyPlanner, MigrationStep, Planner};

    /// A box whose lids must be off while anything is put into it; a lid needs the box, not what is in it.
    struct Part(&'static str);

    impl Kind for Part {
        fn name(&self) -> &'static str {
            self.0
        }

        fn rule(&self, change: &Change<'_>) -> Rule {
            if change.attribute == "printed_by" { Rule::Incomparable } else { Rule::Alter }
        }

        fn create(&self, object: &Object, _sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
            Ok(vec![MigrationStep::create(&object.id, format!("make {}", object.id))])
        }

        fn alter(&self, _: &Object, _: &[Change<'_>], _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
            Ok(Vec::new())
        }

        fn drop(&self, object: &Object, _sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
            Ok(vec![MigrationStep::drop(&object.id, format!("drop {}", object.id))])
        }

        fn displaces(&self, object: &Object, sides: &Sides<'_>) -> Vec<ObjectId> {
            let lids = sides.from.of_kind("lid").filter(|_| object.id.kind == "filling");
            lids.map(|lid| lid.id.clone()).collect()
        }
    }

    struct Boxes;

    impl Dialect for Boxes {
        fn name(&self) -> &'static str {
            "boxes"
        }

        fn kind(&self, name: &str) -> Option<&'static dyn Kind> {
            static KINDS: [Part; 3] = [Part("box"), Part("filling"), Part("lid")];
            KINDS.iter().find(|kind| kind.0 == name).map(|kind| kind as &dyn Kind)
        }
    }

    fn snapshot(objects: &[(&str, &str)]) -> Result<SchemaSnapshot, SnapshotError> {
        let object = |(kind, name): &(&str, &str)| {
            let mut object = Object::new(ObjectId::new(*kind, ["b", *name]));
            object.needs.extend((*kind != "box").then(|| ObjectId::new("box", ["b", "b"])));
            object
        };
        SchemaSnapshot::new("boxes", BTreeSet::new(), objects.iter().map(object).collect())
    }

    #[test]
    fn what_is_displaced_is_dropped_before_and_made_again_after() -> Result<(), Box<dyn std::error::Error>> {
        let empty = snapshot(&[("box", "b"), ("lid", "old"), ("lid", "kept")])?;
        let full = snapshot(&[("box", "b"), ("lid", "kept"), ("filling", "f")])?;
        let plan = DependencyPlanner.plan(&empty, &full, &Boxes)?;
        let statements: Vec<&str> = plan.statements().collect();
        assert_eq!(statements, ["drop lid b.kept", "drop lid b.old", "make filling b.f", "make lid b.kept"]);
        Ok(())
    }

    #[test]
    fn what_nobody_can_compare_is_refused_by_name() -> Result<(), Box<dyn std::error::Error>> {
        let side = |text: &str, printed_by: Option<u32>| {
            let mut object = Object::new(ObjectId::new("box", ["b"]));
            object.attributes.insert("text".to_owned(), text.into());
            object.attributes.extend(printed_by.map(|version| ("printed_by".to_owned(), version.into())));
            SchemaSnapshot::new("boxes", BTreeSet::new(), vec![object])
        };
        let plan = DependencyPlanner.plan(&side("a", None)?, &side("b", Some(1))?, &Boxes);
        assert_eq!(plan.err(), Some(PlanError::Incomparable(vec![ObjectId::new("box", ["b"])])));
        assert!(DependencyPlanner.plan(&side("a", None)?, &side("a", Some(1))?, &Boxes)?.is_empty());
        Ok(())
    }
}
