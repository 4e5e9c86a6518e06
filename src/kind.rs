//! Kinds: what a database must say of each sort of object so that changes to it can be planned. A kind is one file in
//! its database's room plus one line in that room's list.

use std::borrow::Cow;
use std::collections::BTreeSet;

use schema_sync_store::{AttributeChange, DiffCalculator, Object, ObjectId, SchemaDiff, SchemaSnapshot, Weight, diff};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::plan::{MigrationStep, PlanError};

/// One attribute of one object that differs between the two sides of a plan.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// The object after the change.
    pub object: &'a Object,
    /// The attribute's name.
    pub attribute: &'a str,
    /// Its value before, where it was present.
    pub from: Option<&'a Value>,
    /// Its value after, where it is present.
    pub to: Option<&'a Value>,
}

/// How a change of an attribute is brought about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// In place, by [`Kind::alter`].
    Alter,
    /// By dropping the object and making it again.
    Replace,
    /// Not at all: it never counts as a difference.
    Cosmetic,
    /// Not at all: it says that the two sides were printed by servers of different versions, which are the same where
    /// their other attributes are and cannot be compared where those differ.
    Incomparable,
    /// Not at all: the plan is refused, for this reason.
    Refuse(Cow<'static, str>),
}

/// What altering an object in place means for an object that needs it, directly or through others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disturbance {
    /// It stays, and so does what leans on it alone.
    None,
    /// It is dropped before and made again after, with all that leans on it.
    Recreate,
    /// It stays, and what leans on it is asked in turn.
    Through,
}

/// The steps of an object that stays while something that it needs is dropped and made again.
#[derive(Debug, Default)]
pub struct Release {
    /// Those by which it lets go.
    pub before: Vec<MigrationStep>,
    /// Those by which it takes hold again.
    pub after: Vec<MigrationStep>,
}

/// The two sides of a plan, for kinds that must look around.
#[derive(Debug, Clone, Copy)]
pub struct Sides<'a> {
    /// The snapshot that the plan starts from.
    pub from: &'a SchemaSnapshot,
    /// The snapshot that the plan leads to.
    pub to: &'a SchemaSnapshot,
}

/// A sort of object of one database: how a change of it counts, and the statements that make, alter and drop it.
pub trait Kind: Sync {
    /// The kind's name in snapshots: `column`.
    fn name(&self) -> &'static str;

    /// How a change of one attribute is brought about.
    fn rule(&self, change: &Change<'_>) -> Rule;

    /// The steps that make an object of the `to` side. The first names in its `makes` all that it makes along with it.
    ///
    /// # Errors
    /// Attributes that this kind cannot read or render.
    fn create(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError>;

    /// The steps that alter an object in place; `object` is that of the `to` side.
    ///
    /// # Errors
    /// Attributes that this kind cannot read or render.
    fn alter(
        &self,
        object: &Object,
        changes: &[Change<'_>],
        sides: &Sides<'_>,
    ) -> Result<Vec<MigrationStep>, PlanError>;

    /// The steps that drop an object of the `from` side. The first names in its `unmakes` all that goes along with it.
    ///
    /// # Errors
    /// Attributes that this kind cannot read or render.
    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError>;

    /// What these changes in place mean for an object that needs the changed one, directly or through others.
    fn disturbs(&self, _changes: &[Change<'_>], _dependent: &Object, _sides: &Sides<'_>) -> Disturbance {
        Disturbance::None
    }

    /// Whether altering an object in place also makes it let go of what it needs no longer. Where not, an object whose need
    /// goes is dropped and made again, however little of it changes.
    fn rebinds(&self, _changes: &[Change<'_>], _need: &ObjectId) -> bool {
        true
    }

    /// Whether an object stays as it is when something goes that it needs before and not after: the column of a table that
    /// leaves its parent. Asked only where both sides have the object.
    fn outlives(&self, _object: &Object, _need: &ObjectId, _sides: &Sides<'_>) -> bool {
        false
    }

    /// Whether an object can let go of something that is dropped and made again, so that it need not be so itself: a
    /// column keeps its values as text while its type is made anew. Asked only where both are on both sides.
    fn can_let_go(&self, _object: &Object, _need: &ObjectId, _sides: &Sides<'_>) -> bool {
        false
    }

    /// The steps by which an object of the `to` side lets go of what it needs, and takes hold of it again.
    ///
    /// # Errors
    /// Attributes that this kind cannot read or render.
    fn release(&self, _object: &Object, _needs: &[&ObjectId], _sides: &Sides<'_>) -> Result<Release, PlanError> {
        Ok(Release::default())
    }

    /// Whether a change of an object comes about by its taking hold again, so that it is not altered for that.
    fn release_makes(&self, _change: &Change<'_>) -> bool {
        false
    }

    /// Whether what leans on an object is dropped before that lets go of something, and made again after.
    fn release_disturbs(&self, _dependent: &Object) -> bool {
        false
    }

    /// Whether dropping an object and making it again costs nothing but time: a view, a policy. Where altering it in place
    /// leads to no order of steps, that is done instead.
    fn is_derived(&self) -> bool {
        false
    }

    /// Objects of the `from` side that go down when this object is made, altered or dropped, though they need not lean
    /// on it: a table's indexes when a constraint is added by rebuilding the table. They are dropped before, and made
    /// again after where the `to` side has them. Asked only where the object's container stays.
    fn displaces(&self, _object: &Object, _sides: &Sides<'_>) -> Vec<ObjectId> {
        Vec::new()
    }

    /// What must be looked at beyond the default for such objects to be found: `grants`.
    fn coverage(&self) -> Option<&'static str> {
        None
    }

    /// Whether its objects go, without a statement of their own, when something that they need is dropped.
    fn goes_along(&self) -> bool {
        false
    }

    /// Names that no two objects may have at one time, such as those of relations: a new owner of a name is made
    /// only after the old one is dropped.
    fn claims(&self, _object: &Object) -> Vec<String> {
        Vec::new()
    }
}

/// A database's list of kinds.
pub trait Dialect: Send + Sync {
    /// The database's name in snapshots: `postgresql`.
    fn name(&self) -> &'static str;

    /// The kind of this name, where the database has it.
    fn kind(&self, name: &str) -> Option<&'static dyn Kind>;
}

/// Tells snapshots apart as their database does: what its kinds call cosmetic does not count.
#[derive(Clone, Copy)]
pub struct DialectDiff(pub &'static dyn Dialect);

/// Two snapshots as if both had been looked at for the same.
pub(crate) struct Compared {
    pub(crate) from: SchemaSnapshot,
    pub(crate) to: SchemaSnapshot,
    /// What only one of the two was looked at for.
    pub(crate) uncompared: Vec<String>,
}

/// Leaves out of each side what the other was not looked at for: nobody knows how that differs.
pub(crate) fn compared(from: &SchemaSnapshot, to: &SchemaSnapshot, dialect: &dyn Dialect) -> Compared {
    let uncompared: Vec<String> = from.coverage().symmetric_difference(to.coverage()).cloned().collect();
    let narrow = |snapshot: &SchemaSnapshot| {
        if uncompared.is_empty() {
            return snapshot.clone();
        }
        let common: BTreeSet<String> = from.coverage().intersection(to.coverage()).cloned().collect();
        let coverage = |object: &Object| dialect.kind(&object.id.kind).and_then(|kind| kind.coverage());
        let is_common = |object: &Object| coverage(object).is_none_or(|coverage| common.contains(coverage));
        snapshot.narrowed(common.clone(), is_common)
    };
    Compared { from: narrow(from), to: narrow(to), uncompared: uncompared.clone() }
}

impl DiffCalculator for DialectDiff {
    fn calculate(&self, from: &SchemaSnapshot, to: &SchemaSnapshot) -> SchemaDiff {
        let Compared { from: from_part, to: to_part, uncompared } = compared(from, to, self.0);
        let weigh = |object: &Object, change: &AttributeChange| {
            let AttributeChange { attribute, from, to } = change;
            let change = Change { object, attribute, from: from.as_ref(), to: to.as_ref() };
            match self.0.kind(&object.id.kind).map(|kind| kind.rule(&change)) {
                Some(Rule::Cosmetic) => Weight::Cosmetic,
                Some(Rule::Incomparable) => Weight::Incomparable,
                _ => Weight::Counts,
            }
        };
        let diff = diff::calculate(&from_part, &to_part, weigh);
        SchemaDiff { from: from.hash(), to: to.hash(), uncompared, ..diff }
    }
}

/// An object's attributes as its kind's own type.
///
/// # Errors
/// Attributes that the type does not have, or of another shape.
pub fn attributes_of<T: DeserializeOwned>(object: &Object) -> Result<T, PlanError> {
    T::deserialize(&Value::Object(object.attributes.clone()))
        .map_err(|error| PlanError::Malformed { object: object.id.clone(), reason: error.to_string() })
}
