//! Snapshots: canonical sets of objects, named by the SHA-256 of their bytes.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use smol_str::SmolStr;

use crate::canonical::{self, SnapshotError};
use crate::{Object, ObjectId, SnapshotHash};

/// The newest format of snapshot documents that this version reads, and the one that it writes.
pub const SNAPSHOT_FORMAT: u64 = 1;

/// A canonical set of objects: sorted, each identity once. Cheap to clone; never changes once made.
#[derive(Debug, Clone)]
pub struct SchemaSnapshot(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    dialect: SmolStr,
    coverage: BTreeSet<String>,
    objects: Vec<Object>,
    hash: OnceLock<SnapshotHash>,
    /// For each object that others need, where these are among the objects.
    dependents: OnceLock<HashMap<ObjectId, Vec<usize>>>,
}

impl Inner {
    fn new(dialect: SmolStr, coverage: BTreeSet<String>, objects: Vec<Object>) -> Self {
        Self { dialect, coverage, objects, hash: OnceLock::new(), dependents: OnceLock::new() }
    }
}

impl SchemaSnapshot {
    /// A snapshot of these objects, in whatever order they come.
    ///
    /// `dialect` is the database's name (`postgresql`); `coverage` names what was looked at beyond the default.
    ///
    /// # Errors
    /// Two objects with one identity, a need that names no object of the snapshot, and attributes that canonical JSON
    /// cannot hold exactly (numbers beyond 2^53, fractions, attribute names beyond ASCII).
    pub fn new(
        dialect: impl Into<SmolStr>,
        coverage: BTreeSet<String>,
        mut objects: Vec<Object>,
    ) -> Result<Self, SnapshotError> {
        // Objects come in runs that are sorted already, of which a stable sort makes use.
        objects.sort_by(|left, right| left.id.cmp(&right.id));
        canonical::check_objects(&objects)?;
        Ok(Self(Arc::new(Inner::new(dialect.into(), coverage, objects))))
    }

    /// The same as if less had been looked at: only this coverage, and only the objects to `keep`, which need no others.
    #[must_use]
    pub fn narrowed(&self, coverage: BTreeSet<String>, keep: impl Fn(&Object) -> bool) -> Self {
        let objects = self.0.objects.iter().filter(|object| keep(object)).cloned().collect();
        Self(Arc::new(Inner::new(self.0.dialect.clone(), coverage, objects)))
    }

    /// A snapshot with nothing in it.
    #[must_use]
    pub fn empty(dialect: impl Into<SmolStr>) -> Self {
        Self(Arc::new(Inner::new(dialect.into(), BTreeSet::new(), Vec::new())))
    }

    /// Reads a snapshot document: exactly the canonical bytes, nothing else.
    ///
    /// # Errors
    /// Bytes that are cut short, damaged, of a newer format, or not in canonical form; each says the line.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SnapshotError> {
        canonical::read(bytes)
    }

    /// The canonical bytes: the snapshot document of format 1.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(160 * (self.0.objects.len() + 1));
        canonical::write(self, &mut bytes);
        bytes
    }

    /// The SHA-256 of the canonical bytes; computed once.
    #[must_use]
    pub fn hash(&self) -> SnapshotHash {
        *self.0.hash.get_or_init(|| SnapshotHash::of(&self.to_bytes()))
    }

    /// The database's name, as in `postgresql`.
    #[must_use]
    pub fn dialect(&self) -> &str {
        &self.0.dialect
    }

    /// What was looked at beyond the default.
    #[must_use]
    pub fn coverage(&self) -> &BTreeSet<String> {
        &self.0.coverage
    }

    /// The objects, sorted by identity.
    #[must_use]
    pub fn objects(&self) -> &[Object] {
        &self.0.objects
    }

    /// The object of this identity.
    #[must_use]
    pub fn get(&self, id: &ObjectId) -> Option<&Object> {
        let index = self.0.objects.binary_search_by(|object| object.id.cmp(id)).ok()?;
        self.0.objects.get(index)
    }

    /// The objects of one kind whose names begin with the whole name of `outer`, in its schema: the columns of a table.
    pub fn parts<'a>(&'a self, kind: &'a str, outer: &'a ObjectId) -> impl Iterator<Item = &'a Object> {
        let objects = &self.0.objects;
        let start = objects.partition_point(|object| {
            (object.id.kind.as_str(), object.id.name.as_slice()) < (kind, outer.name.as_slice())
        });
        objects[start..]
            .iter()
            .take_while(move |object| object.id.kind == kind && object.id.name.starts_with(&outer.name))
            .filter(move |object| object.id.is_inside(outer))
    }

    /// The objects of one kind, sorted by name.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Object> {
        let start = self.0.objects.partition_point(|object| object.id.kind.as_str() < kind);
        self.0.objects[start..].iter().take_while(move |object| object.id.kind == kind)
    }

    /// The objects of one kind that need another, sorted by name.
    pub fn dependents<'a>(&'a self, kind: &'a str, id: &ObjectId) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.all_dependents(id).filter(move |object| object.id.kind == kind)
    }

    /// The objects that need another, sorted. Which need which is worked out once.
    pub fn all_dependents<'a>(&'a self, id: &ObjectId) -> impl Iterator<Item = &'a Object> + use<'a> {
        let dependents = self.0.dependents.get_or_init(|| dependents_in(&self.0.objects));
        dependents.get(id).into_iter().flatten().map(|place| &self.0.objects[*place])
    }

    /// Whether there is no object in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.objects.is_empty()
    }
}

fn dependents_in(objects: &[Object]) -> HashMap<ObjectId, Vec<usize>> {
    let mut dependents: HashMap<ObjectId, Vec<usize>> = HashMap::new();
    for (place, object) in objects.iter().enumerate() {
        for need in &object.needs {
            match dependents.get_mut(need) {
                Some(places) => places.push(place),
                None => drop(dependents.insert(need.clone(), vec![place])),
            }
        }
    }
    dependents
}

impl PartialEq for SchemaSnapshot {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.hash() == other.hash()
    }
}

impl Eq for SchemaSnapshot {}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(ids: &[ObjectId]) -> SchemaSnapshot {
        let objects = ids.iter().map(|id| Object::new(id.clone())).collect();
        SchemaSnapshot::new("test", BTreeSet::new(), objects).unwrap()
    }

    fn names<'a>(objects: impl Iterator<Item = &'a Object>) -> Vec<String> {
        objects.map(|object| object.id.to_string()).collect()
    }

    #[test]
    fn parts_are_those_of_one_kind_inside_one_object_of_one_schema() {
        let column = |table: &str, name: &str| ObjectId::new("column", [table, name]);
        let audit = Some(SmolStr::new("audit"));
        let snapshot = snapshot(&[
            column("user", "id"),
            column("users", "id"),
            column("users", "email"),
            column("users2", "id"),
            column("users", "at").in_schema(audit.clone()),
            ObjectId::new("column", ["users"]),
            ObjectId::new("index", ["users", "i"]),
            ObjectId::new("column", ["users", "id", "deep"]),
        ]);
        let users = ObjectId::new("table", ["users"]);
        let own = ["column users.email", "column users.id", "column users.id.deep"];
        assert_eq!(names(snapshot.parts("column", &users)), own);
        assert_eq!(names(snapshot.parts("column", &users.in_schema(audit))), ["column audit.users.at"]);
        assert_eq!(names(snapshot.parts("trigger", &ObjectId::new("table", ["users"]))), [""; 0]);
        assert_eq!(names(snapshot.of_kind("index")), ["index users.i"]);
        assert_eq!(names(snapshot.of_kind("colum")), [""; 0]);
    }

    #[test]
    fn dependents_are_those_that_need_an_object() {
        let table = ObjectId::new("table", ["users"]);
        let needing = |kind: &str, name: &str| {
            let mut object = Object::new(ObjectId::new(kind, [name]));
            object.needs.insert(table.clone());
            object
        };
        let objects =
            vec![needing("view", "b"), needing("index", "i"), needing("view", "a"), Object::new(table.clone())];
        let snapshot = SchemaSnapshot::new("test", BTreeSet::new(), objects).unwrap();
        assert_eq!(names(snapshot.all_dependents(&table)), ["index i", "view a", "view b"]);
        assert_eq!(names(snapshot.dependents("view", &table)), ["view a", "view b"]);
        assert_eq!(names(snapshot.all_dependents(&ObjectId::new("view", ["a"]))), [""; 0]);
    }

    #[test]
    fn an_object_is_found_by_its_whole_identity() {
        let id = ObjectId::new("table", ["users"]);
        let snapshot = snapshot(&[ObjectId::new("table", ["a"]), id.clone(), ObjectId::new("view", ["users"])]);
        assert_eq!(snapshot.get(&id).map(|object| &object.id), Some(&id));
        assert_eq!(snapshot.get(&id.in_schema(Some("audit".into()))), None);
        assert!(SchemaSnapshot::empty("test").is_empty() && !snapshot.is_empty());
    }

    #[test]
    fn dialect_coverage_and_objects_make_the_hash() {
        let same = [snapshot(&[]), SchemaSnapshot::empty("test")];
        assert_eq!(same[0], same[1]);
        let coverage = BTreeSet::from(["grants".to_owned()]);
        for other in [
            SchemaSnapshot::empty("other"),
            SchemaSnapshot::new("test", coverage, Vec::new()).unwrap(),
            snapshot(&[ObjectId::new("table", ["a"])]),
        ] {
            assert_ne!(other, same[0]);
        }
    }
}
