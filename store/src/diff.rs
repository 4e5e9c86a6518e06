//! What differs between two snapshots. Names no kind: only objects and attributes.

use serde::Serialize;
use serde_json::Value;

use crate::{Object, ObjectId, SchemaSnapshot, SnapshotHash};

/// One attribute that differs; `None` where a side does not have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AttributeChange {
    /// The attribute's name.
    pub attribute: String,
    /// Its value before.
    pub from: Option<Value>,
    /// Its value after.
    pub to: Option<Value>,
}

/// An object that both sides have, with attributes that differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectChange {
    /// The object before.
    pub from: Object,
    /// The object after; of the same identity.
    pub to: Object,
    /// The attributes that differ, sorted by name; never empty.
    pub attributes: Vec<AttributeChange>,
}

impl ObjectChange {
    /// The identity that both sides share.
    #[must_use]
    pub fn id(&self) -> &ObjectId {
        &self.to.id
    }
}

/// What differs between two snapshots, each list sorted by identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaDiff {
    /// The hash of the snapshot before.
    pub from: SnapshotHash,
    /// The hash of the snapshot after.
    pub to: SnapshotHash,
    /// Objects that only the snapshot after has.
    pub added: Vec<Object>,
    /// Objects that only the snapshot before has.
    pub removed: Vec<Object>,
    /// Objects that differ in a way that counts.
    pub changed: Vec<ObjectChange>,
    /// Objects that differ in a way that the database calls cosmetic, like the order of columns; never counted.
    pub cosmetic: Vec<ObjectChange>,
    /// Objects of which nobody can tell whether they differ: servers of different versions printed them.
    pub incomparable: Vec<ObjectChange>,
    /// What only one of the two was looked at for, and was not compared: `grants`.
    pub uncompared: Vec<String>,
}

/// How much it counts that an attribute differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// The objects differ.
    Counts,
    /// Nothing differs.
    Cosmetic,
    /// If the objects differ in what counts, nobody can tell whether they do.
    Incomparable,
}

impl SchemaDiff {
    /// Whether nothing differs that counts, and everything could be compared.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.change_count() == 0 && self.incomparable.is_empty()
    }

    /// How many objects were added, removed or changed; cosmetic differences are not counted, nor are incomparable objects.
    #[must_use]
    pub fn change_count(&self) -> usize {
        self.added.len() + self.removed.len() + self.changed.len()
    }
}

/// Tells two snapshots apart.
pub trait DiffCalculator: Send + Sync {
    /// What must happen to `from` for it to become `to`.
    fn calculate(&self, from: &SchemaSnapshot, to: &SchemaSnapshot) -> SchemaDiff;
}

/// Every attribute counts: empty exactly when objects and attributes are equal.
#[derive(Debug, Clone, Copy, Default)]
pub struct ExactDiff;

impl DiffCalculator for ExactDiff {
    fn calculate(&self, from: &SchemaSnapshot, to: &SchemaSnapshot) -> SchemaDiff {
        calculate(from, to, |_, _| Weight::Counts)
    }
}

/// Tells two snapshots apart, where `weigh` says how much an object's change of one attribute counts.
///
/// One walk over two sorted lists; objects are cloned only where they differ.
pub fn calculate(
    from: &SchemaSnapshot,
    to: &SchemaSnapshot,
    weigh: impl Fn(&Object, &AttributeChange) -> Weight,
) -> SchemaDiff {
    let mut diff = SchemaDiff {
        from: from.hash(),
        to: to.hash(),
        added: Vec::new(),
        removed: Vec::new(),
        changed: Vec::new(),
        cosmetic: Vec::new(),
        incomparable: Vec::new(),
        uncompared: Vec::new(),
    };
    if diff.from == diff.to {
        return diff;
    }
    let (mut before, mut after) = (from.objects().iter().peekable(), to.objects().iter().peekable());
    loop {
        match (before.peek(), after.peek()) {
            (Some(old), Some(new)) if old.id == new.id => {
                compare(old, new, &weigh, &mut diff);
                before.next();
                after.next();
            }
            (Some(old), Some(new)) if old.id < new.id => diff.removed.extend(before.next().cloned()),
            (Some(_), None) => diff.removed.extend(before.next().cloned()),
            (_, Some(_)) => diff.added.extend(after.next().cloned()),
            (None, None) => return diff,
        }
    }
}

fn compare(from: &Object, to: &Object, weigh: &impl Fn(&Object, &AttributeChange) -> Weight, diff: &mut SchemaDiff) {
    if from.attributes == to.attributes {
        // Objects that say the same and lean on others: not counted, and the reason why the hashes differ.
        if from.needs != to.needs {
            let attributes = vec![AttributeChange { attribute: NEEDS.to_owned(), from: needs(from), to: needs(to) }];
            diff.cosmetic.push(ObjectChange { from: from.clone(), to: to.clone(), attributes });
        }
        return;
    }
    let (counted, mut cosmetic): (Vec<_>, Vec<_>) =
        attribute_changes(from, to).into_iter().partition(|change| weigh(to, change) == Weight::Counts);
    let is_doubtful = !counted.is_empty() && cosmetic.iter().any(|change| weigh(to, change) == Weight::Incomparable);
    let told = if is_doubtful { &mut diff.incomparable } else { &mut diff.changed };
    if is_doubtful {
        cosmetic.retain(|change| weigh(to, change) == Weight::Cosmetic);
    }
    for (attributes, list) in [(counted, told), (cosmetic, &mut diff.cosmetic)] {
        if !attributes.is_empty() {
            list.push(ObjectChange { from: from.clone(), to: to.clone(), attributes });
        }
    }
}

/// What the objects that an object depends on are called in its line of a document.
const NEEDS: &str = "needs";

fn needs(object: &Object) -> Option<Value> {
    let names = object.needs.iter().map(|need| Value::String(need.to_string()));
    (!object.needs.is_empty()).then(|| names.collect())
}

fn attribute_changes(from: &Object, to: &Object) -> Vec<AttributeChange> {
    let mut names: Vec<&String> = from.attributes.keys().chain(to.attributes.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let change = |name: &String| AttributeChange {
        attribute: name.clone(),
        from: from.attribute(name).cloned(),
        to: to.attribute(name).cloned(),
    };
    names.into_iter().map(change).filter(|change| change.from != change.to).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::collection::btree_map;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::SnapshotError;

    fn snapshot(objects: &[(&str, Value)]) -> Result<SchemaSnapshot, SnapshotError> {
        let object = |(name, value): &(&str, Value)| {
            let mut object = Object::new(ObjectId::new("thing", [*name]));
            object.attributes.insert("value".into(), value.clone());
            object
        };
        SchemaSnapshot::new("test", BTreeSet::new(), objects.iter().map(object).collect())
    }

    #[test]
    fn added_removed_and_changed_are_told_apart() -> Result<(), SnapshotError> {
        let from = snapshot(&[("a", json!(1)), ("b", json!(1)), ("c", json!(1))])?;
        let to = snapshot(&[("b", json!(1)), ("c", json!(2)), ("d", json!(1))])?;
        let diff = ExactDiff.calculate(&from, &to);
        let names = |objects: &[Object]| objects.iter().map(|object| object.id.dotted()).collect::<Vec<_>>();
        assert_eq!((names(&diff.removed), names(&diff.added)), (vec!["a".into()], vec!["d".into()]));
        assert_eq!(diff.changed[0].attributes[0].to, Some(json!(2)));
        assert_eq!(diff.change_count(), 3);
        assert!(ExactDiff.calculate(&from, &from).is_empty());
        Ok(())
    }

    #[test]
    fn a_cosmetic_difference_is_kept_and_not_counted() -> Result<(), SnapshotError> {
        let diff = calculate(&snapshot(&[("a", json!(1))])?, &snapshot(&[("a", json!(2))])?, |_, _| Weight::Cosmetic);
        assert!(diff.is_empty());
        assert_eq!(diff.cosmetic.len(), 1);
        Ok(())
    }

    #[test]
    fn what_leans_on_something_else_is_told_and_not_counted() -> Result<(), SnapshotError> {
        let side = |need: &str| {
            let mut object = Object::new(ObjectId::new("thing", ["a"]));
            object.needs.insert(ObjectId::new("thing", [need]));
            let needed = ["b", "c"].map(|name| Object::new(ObjectId::new("thing", [name])));
            SchemaSnapshot::new("test", BTreeSet::new(), needed.into_iter().chain([object]).collect())
        };
        let (from, to) = (side("b")?, side("c")?);
        assert_ne!(from.hash(), to.hash());
        let diff = ExactDiff.calculate(&from, &to);
        assert!(diff.is_empty());
        assert_eq!(diff.cosmetic[0].attributes[0].to, Some(json!(["thing c"])));
        Ok(())
    }

    #[test]
    fn counted_and_cosmetic_changes_of_one_object_are_parted() -> Result<(), SnapshotError> {
        let side = |type_: &str, position: u64, extra: Option<bool>| {
            let mut object = Object::new(ObjectId::new("thing", ["a"]));
            object.attributes.insert("type".into(), json!(type_));
            object.attributes.insert("position".into(), json!(position));
            object.attributes.extend(extra.map(|extra| ("extra".to_owned(), json!(extra))));
            SchemaSnapshot::new("test", BTreeSet::new(), vec![object])
        };
        let weigh = |_: &Object, change: &AttributeChange| match change.attribute.as_str() {
            "position" => Weight::Cosmetic,
            _ => Weight::Counts,
        };
        let diff = calculate(&side("a", 1, Some(true))?, &side("b", 2, None)?, weigh);
        let change = |attribute: &str, from, to| AttributeChange { attribute: attribute.into(), from, to };
        assert_eq!(diff.change_count(), 1);
        assert_eq!(
            diff.changed[0].attributes,
            [change("extra", Some(json!(true)), None), change("type", Some(json!("a")), Some(json!("b")))]
        );
        assert_eq!(diff.cosmetic[0].attributes, [change("position", Some(json!(1)), Some(json!(2)))]);
        Ok(())
    }

    #[test]
    fn what_was_printed_by_different_versions_differs_only_where_its_text_does() -> Result<(), SnapshotError> {
        let side = |text: &str, printed_by: Option<u64>| {
            let mut object = Object::new(ObjectId::new("thing", ["a"]));
            object.attributes.insert("text".into(), json!(text));
            object.attributes.extend(printed_by.map(|version| ("printed_by".to_owned(), json!(version))));
            SchemaSnapshot::new("test", BTreeSet::new(), vec![object])
        };
        let weigh = |_: &Object, change: &AttributeChange| match change.attribute.as_str() {
            "printed_by" => Weight::Incomparable,
            _ => Weight::Counts,
        };
        let same = calculate(&side("a", Some(1))?, &side("a", None)?, weigh);
        assert!(same.is_empty() && same.cosmetic.len() == 1);
        let other = calculate(&side("a", Some(1))?, &side("b", None)?, weigh);
        assert!(!other.is_empty() && other.changed.is_empty());
        assert_eq!(other.incomparable[0].attributes[0].attribute, "text");
        let known = calculate(&side("a", Some(1))?, &side("b", Some(1))?, weigh);
        assert_eq!((known.changed.len(), known.incomparable.len()), (1, 0));
        Ok(())
    }

    proptest! {
        /// What a diff says is what turns one side into the other, and backwards it says the same.
        #[test]
        fn a_diff_leads_from_one_side_to_the_other(
            before in btree_map("[a-e]{1,2}", 0..3, 0..10),
            after in btree_map("[a-e]{1,2}", 0..3, 0..10),
        ) {
            let side = |values: &BTreeMap<String, i32>| {
                let values: Vec<(&str, Value)> = values.iter().map(|(name, value)| (name.as_str(), json!(value))).collect();
                snapshot(&values).unwrap()
            };
            let (from, to) = (side(&before), side(&after));
            let diff = ExactDiff.calculate(&from, &to);
            let mut objects: BTreeMap<ObjectId, Object> =
                from.objects().iter().map(|object| (object.id.clone(), object.clone())).collect();
            for object in &diff.removed {
                let removed = objects.remove(&object.id);
                prop_assert_eq!(removed.as_ref(), Some(object));
            }
            for object in &diff.added {
                prop_assert_eq!(objects.insert(object.id.clone(), object.clone()), None);
            }
            for change in &diff.changed {
                let replaced = objects.insert(change.id().clone(), change.to.clone());
                prop_assert_eq!(replaced.as_ref(), Some(&change.from));
                prop_assert!(change.from.attributes != change.to.attributes);
            }
            prop_assert_eq!(objects.into_values().collect::<Vec<_>>(), to.objects());
            prop_assert_eq!(diff.is_empty(), from == to);
            let back = ExactDiff.calculate(&to, &from);
            prop_assert_eq!((back.added, back.removed), (diff.removed, diff.added));
            prop_assert_eq!(back.changed.len(), diff.changed.len());
        }
    }
}
