//! Tenants on a real server: a schema each in one database, what happens when two processes want the same, when a role
//! may not see everything, and when others hold locks.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail loudly")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use schema_sync::adapter::{AdapterError, DatabaseAdapter, TenantContext};
use schema_sync::engine::Engine;
use schema_sync::postgres::{PostgresAdapter, TenantPattern};
use schema_sync_test_cluster::Cluster;

fn adapter(cluster: &Cluster, database: &str, pattern: &str) -> Arc<PostgresAdapter> {
    let pattern = TenantPattern::Schemas { pattern: pattern.to_owned(), exclude: Vec::new() };
    Arc::new(PostgresAdapter::new(&cluster.url(database), pattern).unwrap())
}

/// A database with one schema of this name that holds one table.
fn with_schema(cluster: &Cluster, database: &str, schema: &str) -> (Engine, String) {
    cluster.create_database(database);
    cluster.psql(database, &format!("CREATE SCHEMA {schema}; CREATE TABLE {schema}.users (id integer PRIMARY KEY)"));
    (Engine::from_adapter(adapter(cluster, database, "*")), schema.to_owned())
}

async fn tenant(engine: &Engine, name: &str) -> TenantContext {
    engine.list_tenants().await.unwrap().into_iter().find(|tenant| tenant.name == name).unwrap()
}

#[tokio::test]
async fn schemas_of_one_database_become_what_was_captured_elsewhere() {
    let cluster = Cluster::shared();
    for (name, file) in [("sakila", "sakila.sql"), ("pagila", "pagila/20-23f7fe7.sql")] {
        let source = format!("source_of_{name}");
        cluster.create_database(&source);
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/real/postgres");
        cluster.load_file(&source, &corpus.join(file));
        let whole = PostgresAdapter::new(&cluster.url(&source), TenantPattern::Database).unwrap();
        let loaded = whole.inspector().list_tenants().await.unwrap();
        let target = whole.inspector().inspect_schema(&loaded[0]).await.unwrap();
        let database = format!("tenants_of_{name}");
        cluster.create_database(&database);
        for number in 1..=25 {
            cluster.psql(&database, &format!("CREATE SCHEMA tenant_{number:02}"));
        }
        let adapter = adapter(cluster, &database, "tenant_*");
        let engine = Engine::from_adapter(Arc::<PostgresAdapter>::clone(&adapter));
        let tenants = engine.list_tenants().await.unwrap();
        assert_eq!(tenants.len(), 25);
        for tenant in &tenants {
            let outcome = engine.sync_tenant(tenant, Some(&target), true).await.unwrap();
            assert!(outcome.applied(), "{tenant}");
        }
        for snapshot in adapter.inspector().inspect_schemas(&tenants).await {
            assert_eq!(snapshot.unwrap().hash(), target.hash(), "{name}");
        }
    }
}

#[tokio::test]
async fn the_name_of_a_tenant_does_not_show_in_its_snapshot() {
    let cluster = Cluster::shared();
    cluster.create_database("neutral");
    let sql = |schema: &str| {
        format!(
            "CREATE SCHEMA {schema}; SET search_path TO {schema}; \
             CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE DOMAIN age AS integer CHECK (VALUE > 0); \
             CREATE TABLE people (id serial PRIMARY KEY, mood mood DEFAULT 'sad' NOT NULL, age age, \
               boss integer REFERENCES people, tags mood[] DEFAULT '{{}}'::mood[]); \
             CREATE INDEX people_mood ON people (mood, (age + 1)) WHERE mood = 'happy'::mood; \
             CREATE VIEW happy AS SELECT * FROM people WHERE mood = 'happy'; \
             CREATE FUNCTION oldest() RETURNS people LANGUAGE sql AS 'SELECT * FROM people ORDER BY age DESC LIMIT 1'; \
             CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
             CREATE TRIGGER touch BEFORE UPDATE ON people FOR EACH ROW WHEN (old.mood <> new.mood) EXECUTE FUNCTION touch(); \
             COMMENT ON TABLE people IS 'all of them'"
        )
    };
    for schema in ["\"One\"", "two", "\"a \"\"quoted\"\" name\"", "\"select\""] {
        cluster.psql("neutral", &sql(schema));
    }
    let adapter = adapter(cluster, "neutral", "*");
    let tenants = adapter.inspector().list_tenants().await.unwrap();
    let tenants: Vec<TenantContext> = tenants.into_iter().filter(|tenant| tenant.name != "public").collect();
    assert_eq!(tenants.len(), 4);
    let snapshots = adapter.inspector().inspect_schemas(&tenants).await;
    let hashes: Vec<_> = snapshots.into_iter().map(|snapshot| snapshot.unwrap().hash()).collect();
    assert!(hashes.windows(2).all(|pair| pair[0] == pair[1]), "{hashes:?}");
}

#[tokio::test]
async fn of_two_that_promote_one_tenant_one_finds_it_done() {
    let cluster = Cluster::shared();
    let (_, _) = with_schema(cluster, "peers", "acme");
    cluster.psql(
        "peers",
        "CREATE SCHEMA model; CREATE TABLE model.users (id integer PRIMARY KEY, email text NOT NULL DEFAULT '')",
    );
    let engines = [0, 1].map(|_| Engine::from_adapter(adapter(cluster, "peers", "*")));
    let target = engines[0].inspect(&tenant(&engines[0], "model").await).await.unwrap();
    let acme = tenant(&engines[0], "acme").await;
    for _ in 0..10 {
        let (left, right) = tokio::join!(
            engines[0].sync_tenant(&acme, Some(&target), true),
            engines[1].sync_tenant(&acme, Some(&target), true)
        );
        let (left, right) = (left.unwrap(), right.unwrap());
        let applied = [&left, &right].iter().filter(|outcome| outcome.applied()).count();
        let done =
            [&left, &right].iter().filter(|outcome| outcome.synced_by_peer() || outcome.already_in_sync()).count();
        assert_eq!((applied, done), (1, 1), "{:?} {:?}", left.state, right.state);
        cluster.psql("peers", "ALTER TABLE acme.users DROP COLUMN email");
    }
}

#[tokio::test]
async fn a_tenant_whose_lock_is_held_is_left_alone() {
    let cluster = Cluster::shared();
    let (engine, _) = with_schema(cluster, "locked", "acme");
    let acme = tenant(&engine, "acme").await;
    let runner = engine.adapter().migration_runner();
    let held = runner.acquire_lock(&acme, Duration::from_secs(1)).await.unwrap();
    let refused = runner.acquire_lock(&acme, Duration::from_millis(100)).await.map(drop).unwrap_err();
    assert!(matches!(&refused, AdapterError::LockTimeout { holder, .. } if holder.contains("process")), "{refused}");
    held.release().await.unwrap();
    runner.acquire_lock(&acme, Duration::from_secs(1)).await.unwrap();
    // The guard was dropped without a release: its connection closes, and the lock is free again.
    runner.acquire_lock(&acme, Duration::from_secs(5)).await.unwrap().release().await.unwrap();
}

#[tokio::test]
async fn a_table_that_others_use_is_waited_for_and_then_named() {
    let cluster = Cluster::shared();
    let (engine, _) = with_schema(cluster, "busy", "acme");
    cluster.psql("busy", "CREATE SCHEMA model; CREATE TABLE model.users (id bigint PRIMARY KEY)");
    let target = engine.inspect(&tenant(&engine, "model").await).await.unwrap();
    let acme = tenant(&engine, "acme").await;
    let (runner, model) = (engine.adapter().migration_runner(), tenant(&engine, "model").await);
    let mut other = runner.acquire_lock(&model, Duration::from_secs(1)).await.unwrap();
    other.begin().await.unwrap();
    other.execute(&["LOCK TABLE acme.users IN ACCESS SHARE MODE"]).await.unwrap();
    let before = engine.inspect(&acme).await.unwrap();
    let waiting = engine.sync_tenant(&acme, Some(&target), true);
    let freeing = async {
        tokio::time::sleep(Duration::from_secs(6)).await;
        other.rollback().await.unwrap();
    };
    let (outcome, ()) = tokio::join!(waiting, freeing);
    assert!(outcome.unwrap().applied(), "the lock timeout of the first try must lead to a second");
    assert_ne!(engine.inspect(&acme).await.unwrap().hash(), before.hash());
}

#[tokio::test]
async fn a_role_that_may_not_see_a_schema_gets_a_list_and_no_snapshot() {
    let cluster = Cluster::shared();
    let (_, _) = with_schema(cluster, "hidden", "acme");
    cluster.psql("hidden", "CREATE ROLE blind LOGIN");
    let url = cluster.url("hidden").replace("postgres@", "blind@");
    let pattern = TenantPattern::Schemas { pattern: "*".to_owned(), exclude: Vec::new() };
    let engine = Engine::from_adapter(Arc::new(PostgresAdapter::new(&url, pattern).unwrap()));
    let acme = tenant(&engine, "acme").await;
    let error = engine.inspect(&acme).await.unwrap_err().to_string();
    for hidden in ["acme", "schema acme", "table acme.users"] {
        assert!(error.contains(hidden), "{error}");
    }
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let cluster = Cluster::shared();
    let (engine, _) = with_schema(cluster, "missing", "acme");
    let mut gone = tenant(&engine, "acme").await;
    gone.location = schema_sync::adapter::Location::Schema("acne".to_owned());
    let error = engine.inspect(&gone).await.unwrap_err().to_string();
    assert!(error.contains("no schema `acne`"), "{error}");
    assert!(!engine.adapter().inspector().schema_exists(&gone).await.unwrap());
    gone.location = schema_sync::adapter::Location::File("acme.db".into());
    let error = engine.inspect(&gone).await.unwrap_err().to_string();
    assert!(error.contains("acme.db is a file"), "{error}");
}

#[tokio::test]
async fn sql_is_loaded_into_a_scratch_database_that_goes_away() {
    let cluster = Cluster::shared();
    let (engine, _) = with_schema(cluster, "scratches", "acme");
    let loaded =
        engine.adapter().inspect_sql("CREATE TABLE users (id integer PRIMARY KEY);", "schema.sql").await.unwrap();
    assert_eq!(loaded.hash(), engine.inspect(&tenant(&engine, "acme").await).await.unwrap().hash());
    let wrong = "CREATE TABLE a (id integer);\n\nCREATE TABLE b (id intger);";
    let error = engine.adapter().inspect_sql(wrong, "schema.sql").await.unwrap_err().to_string();
    assert!(error.contains("schema.sql, line 3") && error.contains("intger"), "{error}");
    let left = cluster.psql("postgres", "SELECT count(*) FROM pg_database WHERE datname LIKE 'schema_sync_scratch%'");
    assert_eq!(left.trim(), "0");
}
