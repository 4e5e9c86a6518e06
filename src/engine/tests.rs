//! The engine on a mocked database and a store in memory.

mod searches;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::Timestamp;
use schema_sync_store::{
    EntryHash, Event, HashPrefix, LogEntry, LogName, LogRange, MemoryStore, NewEntry, SchemaSnapshot, SnapshotHash,
    SnapshotStore, StoreError, StoredObject,
};

use super::fleet_sync::Cancellation;
use super::registry::RegistryError;
use super::revision::{Moment, Subject};
use super::*;
use crate::adapter::AdapterError;
use crate::execute::{ExecuteError, Execution, Task};
use crate::kind::Dialect;
use crate::mock::{self, Call, MockDatabase, lock_timeout_error, snapshot};
use crate::plan::Allowance;

const V1: &[&str] = &["users"];
const V2: &[&str] = &["users", "orders"];

fn engine(database: &MockDatabase, store: &Arc<MemoryStore>) -> Engine {
    let store: Arc<dyn SnapshotStore> = Arc::clone(store) as Arc<dyn SnapshotStore>;
    Engine::from_adapter(Arc::new(database.clone())).with_store(store).with_author("tester")
}

async fn history(store: &MemoryStore, tenant: &str) -> Vec<LogEntry> {
    store.read(&LogName::tenant(tenant).unwrap(), LogRange::last(100)).await.unwrap()
}

async fn capture_all(engine: &Engine) -> Vec<Captured> {
    let tenants = engine.list_tenants().await.unwrap();
    let answers = engine.capture(&tenants, 2, &|_| ()).await.unwrap();
    answers.into_iter().map(|answer| answer.unwrap()).collect()
}

#[tokio::test]
async fn capturing_an_unchanged_fleet_writes_nothing() {
    let database = MockDatabase::with_tenants(&[("acme", V1), ("globex", V1)]);
    let store = Arc::new(MemoryStore::new());
    let engine = engine(&database, &store);
    assert!(capture_all(&engine).await.iter().all(|captured| captured.recorded && captured.before.is_none()));
    assert!(capture_all(&engine).await.iter().all(|captured| !captured.recorded));
    assert_eq!(history(&store, "acme").await.len(), 1);

    database.set("acme", V2);
    let captured = capture_all(&engine).await;
    assert_eq!((captured[0].recorded, captured[1].recorded), (true, false));
    assert_eq!(captured[0].before, Some(snapshot(V1).hash()));
    let entries = history(&store, "acme").await;
    assert_eq!((entries.len(), entries[0].snapshot), (2, Some(snapshot(V2).hash())));
    assert_eq!((entries[0].event.as_str(), entries[0].author.as_str()), ("captured", "tester"));
}

#[tokio::test]
async fn a_tenant_that_cannot_be_inspected_fails_alone() {
    let database = MockDatabase::with_tenants(&[("acme", V1), ("globex", V1)]);
    let store = Arc::new(MemoryStore::new());
    let reason = "disk on fire".to_owned();
    database.fail(Call::Inspect, AdapterError::Inspection { tenant: "acme".to_owned(), reason });
    let engine = engine(&database, &store);
    let tenants = engine.list_tenants().await.unwrap();
    let answers = engine.capture(&tenants, 1, &|_| ()).await.unwrap();
    assert!(matches!(answers[0], Err(EngineError::Database(_))) && answers[1].is_ok());
    assert!(history(&store, "acme").await.is_empty());
}

#[tokio::test]
async fn a_tenant_is_brought_to_the_blessed_snapshot_and_its_log_says_so() {
    let database = MockDatabase::with_tenants(&[("acme", V1)]);
    let store = Arc::new(MemoryStore::new());
    let engine = engine(&database, &store);
    let tenant = mock::tenant("acme");
    assert!(matches!(
        engine.sync_tenant(&tenant, None, true).await,
        Err(EngineError::Registry(RegistryError::UnknownRef { .. }))
    ));

    let hash = store.put(&snapshot(V2)).await.unwrap();
    engine.registry().unwrap().bless("blessed", hash, None).await.unwrap();
    let planned = engine.sync_tenant(&tenant, None, false).await.unwrap();
    assert_eq!((planned.state.clone(), planned.diff.change_count()), (SyncState::Planned, 1));
    assert_eq!(database.live("acme"), snapshot(V1));

    let outcome = engine.sync_tenant(&tenant, None, true).await.unwrap();
    assert!(outcome.applied());
    assert_eq!(database.live("acme"), snapshot(V2));
    assert!(engine.sync_tenant(&tenant, None, true).await.unwrap().already_in_sync());
    let entries = history(&store, "acme").await;
    assert_eq!((entries.len(), entries[0].snapshot), (1, Some(hash)));
    let details = &entries[0].details;
    assert_eq!(details["before"], serde_json::json!(snapshot(V1).hash()));
    assert_eq!((&details["outcome"], &details["plan"]["steps"][0]["action"]), (&"applied".into(), &"create".into()));
    assert_eq!(store.get(&snapshot(V1).hash()).await.unwrap(), snapshot(V1));
}

#[tokio::test]
async fn what_loses_data_is_refused_unless_it_is_allowed() {
    let database = MockDatabase::with_tenants(&[("acme", V2)]);
    let target = snapshot(V1);
    let tenant = mock::tenant("acme");
    let engine = Engine::from_adapter(Arc::new(database.clone()));
    let refused = engine.sync_tenant(&tenant, Some(&target), true).await;
    assert!(matches!(refused, Err(EngineError::Refused { .. })));
    assert_eq!((database.live("acme"), database.count(Call::Lock)), (snapshot(V2), 0));
    let allowed: Allowance = "data_loss=orders".parse().unwrap();
    let engine = engine.with_policy(Policy::allowing(vec![allowed]));
    assert!(engine.sync_tenant(&tenant, Some(&target), true).await.unwrap().applied());
}

#[tokio::test]
async fn a_failure_that_was_rolled_back_is_recorded_and_heals() {
    let database = MockDatabase::with_tenants(&[("acme", V1)]);
    let store = Arc::new(MemoryStore::new());
    let engine = engine(&database, &store);
    database.never_make("orders");
    let failed = engine.sync_tenant(&mock::tenant("acme"), Some(&snapshot(V2)), true).await;
    assert!(matches!(failed, Err(EngineError::Execute(ExecuteError::VerificationFailed { .. }))));
    let entries = history(&store, "acme").await;
    assert_eq!(entries[0].details["outcome"], "unapplied");
    assert_eq!(entries[0].snapshot, Some(snapshot(V1).hash()));
    assert!(!capture_all(&engine).await[0].recorded);
}

/// A store in which things happen.
#[derive(Default)]
struct Meddled {
    inner: MemoryStore,
    /// Nothing can be appended.
    is_read_only: bool,
    /// A peer brings this database's tenant `acme` to V2 and writes it down, just before the next snapshot is kept.
    peer: Mutex<Option<MockDatabase>>,
    /// The same, just before the next entry is appended.
    late_peer: Mutex<Option<MockDatabase>>,
    /// How often a snapshot was read.
    gets: AtomicUsize,
}

impl Meddled {
    async fn let_act(&self, peer: &Mutex<Option<MockDatabase>>) {
        let peer = peer.lock().unwrap().take();
        if let Some(database) = peer {
            database.set("acme", V2);
            let log = LogName::tenant("acme").unwrap();
            let hash = self.inner.put(&snapshot(V2)).await.unwrap();
            let last = self.inner.last_entry(&log).await.unwrap().map(|entry| entry.hash);
            let entry = NewEntry::new(Event::SYNCED, "peer").snapshot(hash);
            self.inner.append(&log, last.as_ref(), entry).await.unwrap();
        }
    }
}

#[async_trait]
impl SnapshotStore for Meddled {
    fn location(&self) -> &str {
        self.inner.location()
    }

    async fn put(&self, snapshot: &SchemaSnapshot) -> Result<SnapshotHash, StoreError> {
        self.let_act(&self.peer).await;
        self.inner.put(snapshot).await
    }

    async fn get(&self, hash: &SnapshotHash) -> Result<SchemaSnapshot, StoreError> {
        self.gets.fetch_add(1, Ordering::SeqCst);
        self.inner.get(hash).await
    }

    async fn find(&self, prefix: &HashPrefix) -> Result<Vec<SnapshotHash>, StoreError> {
        self.inner.find(prefix).await
    }

    async fn append(
        &self,
        log: &LogName,
        expected: Option<&EntryHash>,
        entry: NewEntry,
    ) -> Result<LogEntry, StoreError> {
        if self.is_read_only {
            return Err(StoreError::ReadOnly { store: "memory:".to_owned() });
        }
        self.let_act(&self.late_peer).await;
        self.inner.append(log, expected, entry).await
    }

    async fn read(&self, log: &LogName, range: LogRange) -> Result<Vec<LogEntry>, StoreError> {
        self.inner.read(log, range).await
    }

    async fn logs(&self, prefix: &str) -> Result<Vec<LogName>, StoreError> {
        self.inner.logs(prefix).await
    }

    async fn import(&self, log: &LogName, entries: &[LogEntry]) -> Result<(), StoreError> {
        self.inner.import(log, entries).await
    }

    async fn objects(&self, after: Option<&SnapshotHash>, limit: usize) -> Result<Vec<StoredObject>, StoreError> {
        self.inner.objects(after, limit).await
    }

    async fn remove(&self, hashes: &[SnapshotHash], before: Timestamp) -> Result<Vec<SnapshotHash>, StoreError> {
        self.inner.remove(hashes, before).await
    }
}

#[tokio::test]
async fn a_change_that_could_not_be_recorded_is_said_to_be_one() {
    let database = MockDatabase::with_tenants(&[("acme", V1)]);
    let store = Arc::new(Meddled { is_read_only: true, ..Meddled::default() });
    let engine = Engine::from_adapter(Arc::new(database.clone())).with_store(store);
    let error = engine.sync_tenant(&mock::tenant("acme"), Some(&snapshot(V2)), true).await.unwrap_err();
    assert!(matches!(error, EngineError::NotRecorded { after, .. } if after == snapshot(V2).hash()), "{error}");
    assert!(error.to_string().contains("the database is changed"), "{error}");
    assert_eq!(database.live("acme"), snapshot(V2));
}

#[tokio::test]
async fn what_was_seen_before_a_peer_acted_never_stands_behind_what_the_peer_wrote() {
    let database = MockDatabase::with_tenants(&[("acme", V1)]);
    let store = Arc::new(Meddled { peer: Mutex::new(Some(database.clone())), ..Meddled::default() });
    let engine = Engine::from_adapter(Arc::new(database)).with_store(store.clone());
    let captured = capture_all(&engine).await;
    assert_eq!((captured[0].hash, captured[0].recorded), (snapshot(V2).hash(), false));
    let entries = history(&store.inner, "acme").await;
    assert_eq!((entries.len(), entries[0].snapshot), (1, Some(snapshot(V2).hash())));
}

#[tokio::test]
async fn a_log_ends_with_what_is_true_though_a_peer_was_faster_to_write() {
    let database = MockDatabase::with_tenants(&[("acme", V1)]);
    let store = Arc::new(Meddled { late_peer: Mutex::new(Some(database.clone())), ..Meddled::default() });
    let engine = Engine::from_adapter(Arc::new(database)).with_store(store.clone());
    let target = snapshot(&["users", "invoices"]);
    assert!(engine.sync_tenant(&mock::tenant("acme"), Some(&target), true).await.unwrap().applied());
    let entries = history(&store.inner, "acme").await;
    let written: Vec<_> = entries.iter().map(|entry| (entry.event.as_str(), entry.snapshot)).collect();
    let (v2, target) = (Some(snapshot(V2).hash()), Some(target.hash()));
    assert_eq!(written, [("captured", v2), ("synced", target), ("synced", v2)]);
}

#[tokio::test]
async fn of_many_tenants_each_fails_alone_and_a_wish_to_stop_leaves_the_rest() {
    let database = MockDatabase::with_tenants(&[("a", V1), ("b", V1), ("c", V2), ("d", V1)]);
    let (tenant, statement, reason) = ("a".to_owned(), "make orders".to_owned(), "no room".to_owned());
    database.fail(Call::Execute, AdapterError::Statement { tenant, statement, reason, retryable: false });
    let engine = Engine::from_adapter(Arc::new(database.clone()));
    let tenants = engine.list_tenants().await.unwrap();
    let cancellation = Cancellation::default();
    let stop_after_c = |outcome: &TenantOutcome| {
        if outcome.tenant.name == "c" {
            cancellation.cancel();
        }
    };
    let outcome = engine.sync_tenants(&tenants, &snapshot(V2), true, 1, &cancellation, &stop_after_c).await;
    assert!(!outcome.is_complete());
    let [a, b, c, d] = outcome.tenants.as_slice() else { panic!("four are expected") };
    assert!(matches!(a.result, Some(Err(EngineError::Execute(_)))));
    assert!(b.result.as_ref().unwrap().as_ref().unwrap().applied());
    assert!(c.result.as_ref().unwrap().as_ref().unwrap().already_in_sync());
    assert!(d.result.is_none());
    assert_eq!(
        (database.live("a"), database.live("b"), database.live("d")),
        (snapshot(V1), snapshot(V2), snapshot(V1))
    );
}

#[tokio::test]
async fn a_fleet_names_its_tenants() {
    let engine = Engine::from_adapter(Arc::new(MockDatabase::with_tenants(&[("acme", V1)]))).with_fleet("eu");
    assert_eq!(engine.list_tenants().await.unwrap()[0].name, "eu/acme");
}

#[tokio::test]
async fn histories_are_walked_by_count_and_by_time() {
    let database = MockDatabase::with_tenants(&[("acme", V1)]);
    let store = Arc::new(MemoryStore::new());
    let engine = engine(&database, &store);
    capture_all(&engine).await;
    database.fail(Call::Execute, lock_timeout_error("acme"));
    engine.sync_tenant(&mock::tenant("acme"), Some(&snapshot(V2)), true).await.unwrap();
    let registry = engine.registry().unwrap();
    let subject = Subject::Tenant("acme".to_owned());
    let now = Moment::At(jiff::Timestamp::now() + jiff::SignedDuration::from_secs(1));
    for (moment, expected) in [(Moment::Back(0), V2), (Moment::Back(1), V1), (now, V2)] {
        assert_eq!(registry.hash_of(&subject, moment).await.unwrap(), snapshot(expected).hash());
    }
    for moment in [Moment::Back(2), Moment::At("2001-01-01T00:00:00Z".parse().unwrap())] {
        assert!(matches!(registry.hash_of(&subject, moment).await, Err(RegistryError::NoSuchEntry { .. })));
    }
    let typo = Subject::Tenant("acne".to_owned());
    let error = registry.hash_of(&typo, Moment::Back(0)).await.unwrap_err().to_string();
    assert!(error.contains("did you mean `acme`"), "{error}");
}

#[tokio::test]
async fn a_ref_must_be_understood_when_it_is_typed() {
    let store: Arc<dyn SnapshotStore> = Arc::new(MemoryStore::new());
    let hash = store.put(&snapshot(V1)).await.unwrap();
    let registry = Registry::new(store, "tester");
    for name in ["", "beef", "a b", "x.sql", "tenant:x", "a~1", "live:x", "-"] {
        let refused = registry.bless(name, hash, None).await;
        assert!(matches!(refused, Err(RegistryError::RefName { .. })), "{name}");
    }
    assert!(registry.bless("release-2", hash, None).await.unwrap().moved);
    assert!(!registry.bless("release-2", hash, None).await.unwrap().moved);
    assert_eq!(registry.refs().await.unwrap().len(), 1);
}

/// Counts how often it is asked.
#[derive(Default)]
struct CountingPlanner(AtomicUsize);

impl Planner for CountingPlanner {
    fn plan(
        &self,
        from: &SchemaSnapshot,
        to: &SchemaSnapshot,
        dialect: &'static dyn Dialect,
    ) -> Result<MigrationPlan, PlanError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        DependencyPlanner.plan(from, to, dialect)
    }
}

#[tokio::test]
async fn tenants_of_one_hash_share_one_plan() {
    let database = MockDatabase::with_tenants(&[("a", V1), ("b", V1), ("c", V1), ("d", &[])]);
    let planner = Arc::new(CountingPlanner::default());
    let engine = Engine::from_adapter(Arc::new(database)).with_planner(planner.clone());
    let tenants = engine.list_tenants().await.unwrap();
    let outcome = engine.sync_tenants(&tenants, &snapshot(V2), true, 2, &Cancellation::default(), &|_| ()).await;
    assert!(outcome.is_complete());
    assert_eq!(planner.0.load(Ordering::SeqCst), 2);
}

/// Finds that a peer was there first, whatever is asked.
struct LateExecutor;

#[async_trait]
impl Executor for LateExecutor {
    async fn execute(&self, task: Task<'_>) -> Result<Execution, ExecuteError> {
        Ok(Execution::SyncedByPeer { after: task.target.clone() })
    }
}

#[tokio::test]
async fn what_a_peer_did_is_not_recorded_twice() {
    let database = MockDatabase::with_tenants(&[("acme", V1)]);
    let store = Arc::new(MemoryStore::new());
    let engine = engine(&database, &store).with_executor(Arc::new(LateExecutor));
    assert!(engine.sync_tenant(&mock::tenant("acme"), Some(&snapshot(V2)), true).await.unwrap().synced_by_peer());
    assert!(history(&store, "acme").await.is_empty());
}
