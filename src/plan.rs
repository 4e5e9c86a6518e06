//! Plans: ordered steps that turn one snapshot into another. Pure: no I/O, and no database is named here.

mod decide;
mod fold;
mod graph;
mod groups;
mod planner;
mod policy;

use std::collections::BTreeSet;
use std::fmt;

use schema_sync_store::{ObjectId, SnapshotHash};
use serde::{Deserialize, Serialize};

pub use planner::{DependencyPlanner, Planner};
pub use policy::{Allowance, Policy, Refusal};

/// A named danger of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HazardKind {
    /// Rows or values are lost for good. Refused unless it is allowed.
    DataLoss,
    /// Every row is written again under an exclusive lock.
    TableRewrite,
    /// Every row is read under a lock, and the step fails when one does not fit.
    TableScan,
    /// The database may refuse to convert a value.
    ConversionMayFail,
}

impl HazardKind {
    /// All of them, in the order in which they are documented.
    pub const ALL: [Self; 4] = [Self::DataLoss, Self::TableRewrite, Self::TableScan, Self::ConversionMayFail];

    /// The name as it is typed: `data_loss`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DataLoss => "data_loss",
            Self::TableRewrite => "table_rewrite",
            Self::TableScan => "table_scan",
            Self::ConversionMayFail => "conversion_may_fail",
        }
    }
}

impl fmt::Display for HazardKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A danger of one step, with what it threatens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hazard {
    /// Which danger.
    pub kind: HazardKind,
    /// What it threatens.
    pub object: ObjectId,
    /// What happens, as a sentence fragment: `every value of the column is lost`.
    pub detail: String,
}

/// A question asked of the live tenant before anything is changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// A query that answers one boolean: true where the step would fail.
    pub violated_when: String,
    /// What is wrong where it is violated, and what to do.
    pub message: String,
}

/// A check that a live tenant did not pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailedCheck {
    /// The object whose step would fail.
    pub object: ObjectId,
    /// What is wrong, and what to do.
    pub message: String,
}

/// What a step does to its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepAction {
    /// Makes it.
    Create,
    /// Changes it in place.
    Alter,
    /// Drops it.
    Drop,
}

/// One step of a plan: statements that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MigrationStep {
    /// What is done.
    pub action: StepAction,
    /// To what; the first object where several steps were folded into one.
    pub object: ObjectId,
    /// The statements, in order, without a final semicolon; names of the tenant's own schema are unqualified.
    pub statements: Vec<String>,
    /// The objects that exist afterwards and did not before.
    pub makes: Vec<ObjectId>,
    /// The objects that are gone afterwards.
    pub unmakes: Vec<ObjectId>,
    /// The lock that it takes and on what, for people: `ACCESS EXCLUSIVE on users`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<String>,
    /// Its dangers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hazards: Vec<Hazard>,
    /// What is asked of the live tenant beforehand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    /// Why it is done this way, where that is not plain: `leans on column users.email, whose type changes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// `{tenant}` stands for the tenant's name wherever it occurs in the statements and the checks, within quotes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub names_tenant: bool,
    /// Objects beyond those of `makes` that must exist before it; used for ordering only.
    #[serde(skip)]
    pub after: Vec<ObjectId>,
    /// Whether it goes before every other step that nothing keeps back; used for ordering only.
    #[serde(skip)]
    pub is_early: bool,
    /// Whether it undoes what the object needed before and needs nothing that it will need; used for ordering only.
    #[serde(skip)]
    pub lets_go: bool,
    /// How it joins with a neighbour; used for folding only.
    #[serde(skip)]
    pub fold: Fold,
}

/// How a step joins with a neighbouring one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Fold {
    /// It stands alone.
    #[default]
    Alone,
    /// Its one statement is `head` and a clause; neighbours of one head become one statement with several clauses.
    Clause {
        /// What all of them begin with: `ALTER TABLE users`.
        head: String,
        /// What this one adds.
        clause: String,
    },
    /// Steps of one key, wherever they stand, are one step: it is done once, however many objects ask for it.
    Once(String),
}

impl MigrationStep {
    fn new(action: StepAction, object: &ObjectId, statement: String) -> Self {
        Self {
            action,
            object: object.clone(),
            statements: vec![statement],
            makes: Vec::new(),
            unmakes: Vec::new(),
            lock: None,
            hazards: Vec::new(),
            checks: Vec::new(),
            reason: None,
            names_tenant: false,
            after: Vec::new(),
            is_early: false,
            lets_go: false,
            fold: Fold::Alone,
        }
    }

    /// A step that makes an object.
    #[must_use]
    pub fn create(object: &ObjectId, statement: impl Into<String>) -> Self {
        let mut step = Self::new(StepAction::Create, object, statement.into());
        step.makes.push(object.clone());
        step
    }

    /// A step that changes an object in place.
    #[must_use]
    pub fn alter(object: &ObjectId, statement: impl Into<String>) -> Self {
        Self::new(StepAction::Alter, object, statement.into())
    }

    /// A step that drops an object.
    #[must_use]
    pub fn drop(object: &ObjectId, statement: impl Into<String>) -> Self {
        let mut step = Self::new(StepAction::Drop, object, statement.into());
        step.unmakes.push(object.clone());
        step
    }

    /// The same with further statements behind the first.
    #[must_use]
    pub fn then(mut self, statement: impl Into<String>) -> Self {
        self.statements.push(statement.into());
        self
    }

    /// The same, as a clause that folds with its neighbours of the same head. Sets the statement.
    #[must_use]
    pub fn clause(mut self, head: impl Into<String>, clause: impl Into<String>) -> Self {
        let (head, clause) = (head.into(), clause.into());
        self.statements = vec![format!("{head} {clause}")];
        self.fold = Fold::Clause { head, clause };
        self
    }

    /// The same, with the lock that it takes.
    #[must_use]
    pub fn locking(mut self, lock: impl Into<String>) -> Self {
        self.lock = Some(lock.into());
        self
    }

    /// The same, with a danger to its own object.
    #[must_use]
    pub fn hazard(mut self, kind: HazardKind, detail: impl Into<String>) -> Self {
        self.hazards.push(Hazard { kind, object: self.object.clone(), detail: detail.into() });
        self
    }

    /// The same, with a question to the live tenant.
    #[must_use]
    pub fn check(mut self, violated_when: impl Into<String>, message: impl Into<String>) -> Self {
        self.checks.push(Check { violated_when: violated_when.into(), message: message.into() });
        self
    }

    /// The same, making these as well.
    #[must_use]
    pub fn making(mut self, objects: impl IntoIterator<Item = ObjectId>) -> Self {
        self.makes.extend(objects);
        self
    }

    /// The same, unmaking these as well.
    #[must_use]
    pub fn unmaking(mut self, objects: impl IntoIterator<Item = ObjectId>) -> Self {
        self.unmakes.extend(objects);
        self
    }

    /// The same, before every other step that nothing keeps back.
    #[must_use]
    pub fn early(mut self) -> Self {
        self.is_early = true;
        self
    }

    /// The same, as that by which an object that stays lets go of what it needed: what goes waits for no later one.
    #[must_use]
    pub fn letting_go(mut self) -> Self {
        self.lets_go = true;
        self
    }

    /// The same, only after these exist.
    #[must_use]
    pub fn after(mut self, objects: impl IntoIterator<Item = ObjectId>) -> Self {
        self.after.extend(objects);
        self
    }
}

/// Ordered steps that turn the snapshot `from` into the snapshot `to`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MigrationPlan {
    /// The database's name, as in `postgresql`.
    pub dialect: String,
    /// The only snapshot that this plan may be run on.
    pub from: SnapshotHash,
    /// The snapshot that it leads to.
    pub to: SnapshotHash,
    /// What it brings about beyond the default. What it is silent of stays as it is.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub coverage: BTreeSet<String>,
    /// The steps, in order.
    pub steps: Vec<MigrationStep>,
}

impl MigrationPlan {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// All dangers of all steps, in order.
    pub fn hazards(&self) -> impl Iterator<Item = &Hazard> {
        self.steps.iter().flat_map(|step| &step.hazards)
    }

    /// All statements, in order.
    pub fn statements(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().flat_map(|step| step.statements.iter().map(String::as_str))
    }
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The two snapshots are of different databases.
    #[error("a snapshot of {from} cannot become one of {to}")]
    DialectMismatch {
        /// The dialect of the snapshot before.
        from: String,
        /// The dialect of the snapshot after.
        to: String,
    },
    /// Objects differ that no kind models.
    #[error("these differ and are not modelled, so no plan can be made for them: {}", join(.0))]
    Unmodelled(Vec<ObjectId>),
    /// Nobody can tell whether objects differ.
    #[error("servers of different versions printed these differently, so nobody can tell whether they differ: {}", join(.0))]
    Incomparable(Vec<ObjectId>),
    /// A kind refuses to bring a change about.
    #[error("{object}: {reason}")]
    Refused {
        /// The object that would change.
        object: ObjectId,
        /// Why not, and what to do instead.
        reason: String,
    },
    /// An object has attributes that its kind does not understand.
    #[error("{object} is malformed: {reason}")]
    Malformed {
        /// The object.
        object: ObjectId,
        /// What is wrong with it.
        reason: String,
    },
    /// Objects need each other in a circle that no kind can part.
    #[error("these need each other in a circle, so there is no order to change them in: {}", join(.0))]
    Cycle(Vec<ObjectId>),
}

fn join(objects: &[ObjectId]) -> String {
    objects.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
