//! A database made of nothing, for tests: its tenants are sets of names, its statements are `make NAME` and
//! `drop NAME`, and any call can be told to fail.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use schema_sync_store::{Object, ObjectId, SchemaSnapshot};

use crate::adapter::{
    AdapterError, DatabaseAdapter, DatabaseType, Location, LockGuard, MigrationRunner, SchemaInspector, TenantContext,
};
use crate::kind::{Change, Dialect, Kind, Rule, Sides};
use crate::plan::{HazardKind, MigrationStep, PlanError};

type Things = BTreeSet<String>;

/// The calls that can be told to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Call {
    Lock,
    Inspect,
    Begin,
    Execute,
    Commit,
    Rollback,
    /// The commit lands, and then its answer is lost.
    AfterCommit,
}

#[derive(Default)]
struct State {
    tenants: BTreeMap<String, Things>,
    /// How the next calls of each sort end; `None` lets one pass.
    faults: HashMap<Call, VecDeque<Option<AdapterError>>>,
    /// What a peer makes of the tenants while the lock is waited for.
    peer: Option<BTreeMap<String, Things>>,
    violated: BTreeSet<String>,
    /// Things that are never made, though the statement succeeds.
    ghosts: BTreeSet<String>,
    calls: Vec<Call>,
}

/// The database; clones share their state.
#[derive(Clone, Default)]
pub(crate) struct MockDatabase(Arc<Mutex<State>>);

pub(crate) fn tenant(name: &str) -> TenantContext {
    TenantContext::new(name, Location::Schema(name.to_owned()))
}

pub(crate) fn snapshot(names: &[&str]) -> SchemaSnapshot {
    render(&names.iter().map(|name| (*name).to_owned()).collect())
}

fn render(things: &Things) -> SchemaSnapshot {
    let objects = things.iter().map(|name| Object::new(ObjectId::new("thing", [name.as_str()]))).collect();
    SchemaSnapshot::new("mock", BTreeSet::new(), objects).unwrap()
}

pub(crate) fn lock_timeout_error(tenant: &str) -> AdapterError {
    AdapterError::Statement {
        tenant: tenant.to_owned(),
        statement: "make x".to_owned(),
        reason: "canceling statement due to lock timeout".to_owned(),
        retryable: true,
    }
}

impl MockDatabase {
    pub(crate) fn with_tenants(tenants: &[(&str, &[&str])]) -> Self {
        let database = Self::default();
        for (name, things) in tenants {
            database.set(name, things);
        }
        database
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(crate) fn set(&self, tenant: &str, things: &[&str]) {
        let things = things.iter().map(|name| (*name).to_owned()).collect();
        self.state().tenants.insert(tenant.to_owned(), things);
    }

    pub(crate) fn live(&self, tenant: &str) -> SchemaSnapshot {
        render(&self.state().tenants[tenant])
    }

    /// The next calls of this sort fail so, one after the other.
    pub(crate) fn fail(&self, call: Call, error: AdapterError) {
        self.state().faults.entry(call).or_default().push_back(Some(error));
    }

    /// The next call of this sort does not fail; used before [`fail`](Self::fail).
    pub(crate) fn let_pass(&self, call: Call) {
        self.state().faults.entry(call).or_default().push_back(None);
    }

    /// While the lock is waited for, a peer makes this of the tenant.
    pub(crate) fn let_peer_make(&self, tenant: &str, things: &[&str]) {
        let things = things.iter().map(|name| (*name).to_owned()).collect();
        self.state().peer = Some(BTreeMap::from([(tenant.to_owned(), things)]));
    }

    pub(crate) fn violate(&self, query: &str) {
        self.state().violated.insert(query.to_owned());
    }

    pub(crate) fn never_make(&self, name: &str) {
        self.state().ghosts.insert(name.to_owned());
    }

    pub(crate) fn count(&self, call: Call) -> usize {
        self.state().calls.iter().filter(|made| **made == call).count()
    }

    fn called(&self, call: Call) -> Result<(), AdapterError> {
        let mut state = self.state();
        state.calls.push(call);
        state.faults.get_mut(&call).and_then(VecDeque::pop_front).flatten().map_or(Ok(()), Err)
    }

    fn read(&self, tenant: &TenantContext) -> Result<Things, AdapterError> {
        let things = self.state().tenants.get(&tenant.name).cloned();
        let reason = "looked for it in the mock".to_owned();
        things.ok_or_else(|| AdapterError::TenantMissing { tenant: tenant.name.clone(), reason })
    }
}

#[async_trait]
impl DatabaseAdapter for MockDatabase {
    fn database_type(&self) -> DatabaseType {
        DatabaseType::Other
    }

    fn dialect(&self) -> &'static dyn Dialect {
        &MockDialect
    }

    fn inspector(&self) -> Arc<dyn SchemaInspector> {
        Arc::new(self.clone())
    }

    fn migration_runner(&self) -> Arc<dyn MigrationRunner> {
        Arc::new(self.clone())
    }

    async fn test_connection(&self) -> Result<String, AdapterError> {
        Ok("Mock 1".to_owned())
    }

    async fn inspect_sql(&self, sql: &str, _origin: &str) -> Result<SchemaSnapshot, AdapterError> {
        Ok(render(&sql.split_whitespace().map(str::to_owned).collect()))
    }
}

#[async_trait]
impl SchemaInspector for MockDatabase {
    async fn inspect_schema(&self, tenant: &TenantContext) -> Result<SchemaSnapshot, AdapterError> {
        self.called(Call::Inspect)?;
        Ok(render(&self.read(tenant)?))
    }

    async fn schema_exists(&self, tenant: &TenantContext) -> Result<bool, AdapterError> {
        Ok(self.state().tenants.contains_key(&tenant.name))
    }

    async fn list_tenants(&self) -> Result<Vec<TenantContext>, AdapterError> {
        Ok(self.state().tenants.keys().map(|name| tenant(name)).collect())
    }
}

#[async_trait]
impl MigrationRunner for MockDatabase {
    async fn acquire_lock(
        &self,
        tenant: &TenantContext,
        _timeout: Duration,
    ) -> Result<Box<dyn LockGuard>, AdapterError> {
        self.called(Call::Lock)?;
        let peer = self.state().peer.take();
        self.state().tenants.extend(peer.into_iter().flatten());
        Ok(Box::new(MockGuard { database: self.clone(), tenant: tenant.clone(), open: None }))
    }
}

struct MockGuard {
    database: MockDatabase,
    tenant: TenantContext,
    /// What the open transaction sees.
    open: Option<Things>,
}

#[async_trait]
impl LockGuard for MockGuard {
    async fn inspect(&mut self) -> Result<SchemaSnapshot, AdapterError> {
        self.database.called(Call::Inspect)?;
        self.open.as_ref().map_or_else(|| Ok(render(&self.database.read(&self.tenant)?)), |things| Ok(render(things)))
    }

    async fn begin(&mut self) -> Result<(), AdapterError> {
        self.database.called(Call::Begin)?;
        self.open = Some(self.database.read(&self.tenant)?);
        Ok(())
    }

    async fn execute(&mut self, statements: &[&str]) -> Result<(), AdapterError> {
        let ghosts = self.database.state().ghosts.clone();
        let things = self.open.as_mut().expect("a transaction is open");
        for statement in statements {
            self.database.called(Call::Execute)?;
            match statement.split_once(' ') {
                Some(("make", name)) if ghosts.contains(name) => {}
                Some(("make", name)) => assert!(things.insert(name.to_owned()), "{name} is there already"),
                Some(("drop", name)) => assert!(things.remove(name), "{name} is not there"),
                _ => panic!("no such statement: {statement}"),
            }
        }
        Ok(())
    }

    async fn holds(&mut self, query: &str) -> Result<bool, AdapterError> {
        Ok(self.database.state().violated.contains(query))
    }

    async fn commit(&mut self) -> Result<(), AdapterError> {
        self.database.called(Call::Commit)?;
        let things = self.open.take().expect("a transaction is open");
        self.database.state().tenants.insert(self.tenant.name.clone(), things);
        self.database.called(Call::AfterCommit)
    }

    async fn rollback(&mut self) -> Result<(), AdapterError> {
        self.open = None;
        self.database.called(Call::Rollback)
    }

    async fn release(self: Box<Self>) -> Result<(), AdapterError> {
        Ok(())
    }
}

struct MockDialect;

impl Dialect for MockDialect {
    fn name(&self) -> &'static str {
        "mock"
    }

    fn kind(&self, name: &str) -> Option<&'static dyn Kind> {
        (name == "thing").then_some(&Thing as &dyn Kind)
    }
}

struct Thing;

impl Kind for Thing {
    fn name(&self) -> &'static str {
        "thing"
    }

    fn rule(&self, _change: &Change<'_>) -> Rule {
        Rule::Replace
    }

    fn create(&self, object: &Object, _sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let name = object.id.dotted();
        Ok(vec![
            MigrationStep::create(&object.id, format!("make {name}"))
                .check(format!("{name} is in the way"), format!("something is in the way of {name}")),
        ])
    }

    fn alter(
        &self,
        _object: &Object,
        _changes: &[Change<'_>],
        _sides: &Sides<'_>,
    ) -> Result<Vec<MigrationStep>, PlanError> {
        Ok(Vec::new())
    }

    fn drop(&self, object: &Object, _sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let name = object.id.dotted();
        Ok(vec![
            MigrationStep::drop(&object.id, format!("drop {name}")).hazard(HazardKind::DataLoss, "it is lost for good"),
        ])
    }
}
