//! What has rows of its own in the catalogue beside relations, types and routines: how it reads in schemas and databases.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail loudly")]

#[path = "support/postgres.rs"]
#[expect(dead_code, reason = "shared by several test files, each of which uses a part")]
mod support;

use std::sync::Arc;

use schema_sync::adapter::DatabaseAdapter;
use schema_sync::engine::Engine;
use schema_sync::postgres::{PostgresAdapter, TenantPattern};
use schema_sync_test_cluster::Cluster;
use support::{inspect, promote};

const IN_SCHEMA: &str = "
    CREATE TYPE money2 AS (amount int);
    CREATE FUNCTION money2_eq(money2, money2) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN ($1).amount = ($2).amount;
    CREATE FUNCTION money2_eq(money2, int) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN ($1).amount = $2;
    CREATE FUNCTION money2_hash(money2) RETURNS int LANGUAGE sql IMMUTABLE RETURN ($1).amount;
    CREATE OPERATOR === (FUNCTION = money2_eq, LEFTARG = money2, RIGHTARG = money2, COMMUTATOR = ===, NEGATOR = !==, HASHES);
    CREATE OPERATOR CLASS money2_ops DEFAULT FOR TYPE money2 USING hash AS OPERATOR 1 ===, FUNCTION 1 money2_hash(money2);
    CREATE CONVERSION western FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
    CREATE TEXT SEARCH TEMPLATE plain (INIT = dsimple_init, LEXIZE = dsimple_lexize);
    CREATE TEXT SEARCH DICTIONARY words (TEMPLATE = plain);
    CREATE TEXT SEARCH CONFIGURATION docs (PARSER = \"default\");
    ALTER TEXT SEARCH CONFIGURATION docs ADD MAPPING FOR word WITH words, simple;
    CREATE TABLE t (price money2, body text);
    CREATE INDEX t_price ON t USING hash (price);
    CREATE INDEX t_body ON t USING gin (to_tsvector('docs', body));
    CREATE VIEW same AS SELECT price === price AS is_same FROM t;
    COMMENT ON OPERATOR === (money2, money2) IS 'equal';
    COMMENT ON OPERATOR CLASS money2_ops USING hash IS 'hashed';
    COMMENT ON TEXT SEARCH CONFIGURATION docs IS 'documents';";

#[tokio::test]
async fn tenants_of_any_name_have_one_hash_and_become_one_another() {
    let cluster = Cluster::shared();
    cluster.create_database("added_kinds");
    for (schema, sql) in [("one", IN_SCHEMA), ("\"Two \"\"2\"\"\"", IN_SCHEMA), ("empty", "")] {
        cluster.psql("added_kinds", &format!("CREATE SCHEMA {schema}; SET search_path TO {schema}; {sql}"));
    }
    let pattern = TenantPattern::Schemas { pattern: "*".to_owned(), exclude: vec!["public".to_owned()] };
    let adapter = Arc::new(PostgresAdapter::new(&cluster.url("added_kinds"), pattern).unwrap());
    let inspector = adapter.inspector();
    let tenants = inspector.list_tenants().await.unwrap();
    assert_eq!(tenants.len(), 3);
    let read = || async {
        let snapshots = inspector.inspect_schemas(&tenants).await;
        snapshots.into_iter().map(|snapshot| snapshot.unwrap()).collect::<Vec<_>>()
    };
    let find = |name: &str| tenants.iter().position(|tenant| tenant.name == name).unwrap();
    let (one, two, empty) = (find("one"), find("Two \"2\""), find("empty"));
    let before = read().await;
    assert_eq!(before[one].hash(), before[two].hash());
    assert!(before[one].objects().iter().all(|object| object.id.kind != "unmodelled"));
    let text = String::from_utf8(before[two].to_bytes()).unwrap();
    assert!(!text.contains("Two"), "{text}");
    let engine = Engine::from_adapter(Arc::<PostgresAdapter>::clone(&adapter));
    engine.sync_tenant(&tenants[empty], Some(&before[one]), true).await.unwrap();
    let after = read().await;
    assert_eq!(after[empty].hash(), before[one].hash());
}

#[tokio::test]
async fn passwords_of_foreign_servers_are_never_read() {
    let cluster = Cluster::shared();
    cluster.create_database("with_secrets");
    cluster.psql(
        "with_secrets",
        "CREATE EXTENSION postgres_fdw; CREATE FOREIGN DATA WRAPPER own OPTIONS (api_token 'hush0'); \
         CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'far'); \
         CREATE SERVER near FOREIGN DATA WRAPPER own OPTIONS (\"Password\" 'hush1', host 'near'); \
         CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (\"user\" 'reader', password 'hush2', password_required 'true'); \
         CREATE FOREIGN TABLE t (a int OPTIONS (secret 'hush3', b 'c')) SERVER near OPTIONS (pwd 'hush4');",
    );
    let target = inspect(cluster, "with_secrets").await;
    let text = String::from_utf8(target.to_bytes()).unwrap();
    assert!(!text.contains("hush"), "{text}");
    for said in ["\"left_out\":[\"password\"]", "\"left_out\":[\"Password\"]", "\"password_required\":\"true\""] {
        assert!(text.contains(said), "{said} in {text}");
    }
    cluster.create_database("without_secrets");
    let outcome = promote(cluster, "without_secrets", &target).await.unwrap();
    let plan = outcome.plan.unwrap();
    let reasons: Vec<&str> = plan.steps.iter().filter_map(|step| step.reason.as_deref()).collect();
    assert!(reasons.contains(&"its password is kept nowhere: set it by hand"), "{reasons:?}");
    // Dropping what holds a password loses it.
    cluster.create_database("emptied_of_secrets");
    let empty = inspect(cluster, "emptied_of_secrets").await;
    let outcome = promote(cluster, "with_secrets", &empty).await.unwrap();
    let lost: Vec<String> = outcome.plan.unwrap().hazards().map(|hazard| hazard.object.to_string()).collect();
    assert!(lost.contains(&"user mapping far.public".to_owned()), "{lost:?}");
}
