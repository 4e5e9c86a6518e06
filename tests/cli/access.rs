//! Owners and grants on the command line: a fleet of schemas in which each tenant has roles of its own.

use std::sync::Once;

use schema_sync_test_cluster::Cluster;

use crate::fixture::Fixture;

const ROLES: &str =
    "CREATE ROLE tenant_a_rw; CREATE ROLE tenant_b_rw; CREATE ROLE \"odd {tenant}\"; CREATE ROLE reader";

/// A database with tenants that are schemas, whose roles have the tenants' names, and a configuration that says so.
fn fleet(name: &str, configured: &str) -> Fixture {
    static ONCE: Once = Once::new();
    let cluster = Cluster::shared();
    ONCE.call_once(|| drop(cluster.psql("postgres", ROLES)));
    let database = cluster.create_database(name);
    for tenant in ["tenant_a", "tenant_b"] {
        let sql = format!(
            "CREATE SCHEMA {tenant}; GRANT USAGE ON SCHEMA {tenant} TO {tenant}_rw; SET search_path = {tenant}; \
             CREATE TABLE users (id serial PRIMARY KEY, name text); CREATE VIEW names AS SELECT id, name FROM users; \
             ALTER VIEW names OWNER TO {tenant}_rw; GRANT SELECT ON names TO reader WITH GRANT OPTION; \
             CREATE POLICY own ON users TO {tenant}_rw USING (id > 0)"
        );
        cluster.psql(name, &sql);
    }
    let fixture = Fixture::new(&[]);
    fixture.write("schema-sync.toml", configuration(&database.url, configured));
    fixture.run(&["init"]).ok(0);
    fixture
}

fn configuration(url: &str, configured: &str) -> String {
    format!("{configured}\n[[fleet]]\nname = \"eu\"\nurl = \"{url}\"\ntenants = {{ schemas = \"tenant_*\" }}\n")
}

const WHOLE: &str = "include = ['grants', 'owners']\nroles = ['{tenant}_rw']";

fn psql(database: &str, sql: &str) -> String {
    Cluster::shared().psql(database, sql).trim().to_owned()
}

#[test]
fn equal_tenants_with_roles_of_their_own_have_one_hash_and_are_promoted_to_one_another() {
    let fixture = fleet("cli_access", WHOLE);
    assert_eq!(fixture.live_hash("tenant_a"), fixture.live_hash("tenant_b"));
    let shown = fixture.run(&["show", "live:tenant_a", "--format", "snapshot"]).ok(0);
    assert!(shown.starts_with("{\"coverage\":[\"grants\",\"owners\"]"), "{shown}");
    assert!(shown.contains("{tenant}_rw") && !shown.contains("tenant_a"), "{shown}");
    psql(
        "cli_access",
        "SET search_path = tenant_a; GRANT INSERT, SELECT (name) ON users TO tenant_a_rw; ALTER TABLE users OWNER TO tenant_a_rw; \
         GRANT USAGE ON SEQUENCE users_id_seq TO reader; REVOKE ALL ON names FROM reader; GRANT CREATE ON SCHEMA tenant_a TO tenant_a_rw; \
         CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1'; REVOKE ALL ON FUNCTION f() FROM PUBLIC; \
         ALTER DEFAULT PRIVILEGES IN SCHEMA tenant_a GRANT SELECT ON TABLES TO tenant_a_rw",
    );
    fixture.run(&["capture", "--all"]).ok(0);
    fixture.run(&["bless", "tenant:tenant_a"]).ok(0);
    let plan = fixture.run(&["plan", "blessed", "--tenant", "tenant_b"]).ok(0);
    assert!(plan.contains("TO \"tenant_b_rw\"") && !plan.contains("\"{tenant}"), "{plan}");
    assert!(fixture.run(&["sync", "--all", "--to", "blessed", "--yes"]).ok(0).contains("1 applied"));
    assert_eq!(fixture.live_hash("tenant_a"), fixture.live_hash("tenant_b"));
    let may = "SELECT has_table_privilege('tenant_b_rw', 'tenant_b.users', 'INSERT'), \
               has_table_privilege('reader', 'tenant_b.names', 'SELECT'), \
               has_schema_privilege('tenant_b_rw', 'tenant_b', 'CREATE'), has_schema_privilege('tenant_a_rw', 'tenant_b', 'USAGE')";
    assert_eq!(psql("cli_access", may), "t|f|t|f");
}

#[test]
fn a_role_that_is_not_there_is_named_before_anything_runs() {
    let fixture = fleet("cli_access_missing", "include = ['grants']\nroles = ['{tenant}_rw']");
    psql(
        "cli_access_missing",
        "CREATE SCHEMA tenant_c; CREATE ROLE gone; GRANT SELECT ON tenant_a.users TO gone, tenant_a_rw",
    );
    fixture.run(&["put", "live:tenant_a"]).ok(0);
    fixture.run(&["capture", "tenant_a"]).ok(0);
    psql("cli_access_missing", "REVOKE ALL ON tenant_a.users FROM gone; DROP ROLE gone");
    let sync = |tenant: &str| fixture.run(&["sync", tenant, "--to", "tenant:tenant_a", "--yes"]);
    sync("tenant_b").fails(3, &["table users", "needs the role gone, which the server lacks"]);
    sync("tenant_c").fails(3, &["needs the role gone", "needs the role tenant_c_rw, which the server lacks"]);
    assert_eq!(
        psql("cli_access_missing", "SELECT count(*) FROM pg_class WHERE relnamespace = 'tenant_c'::regnamespace"),
        "0"
    );
}

#[test]
fn what_only_one_side_tells_is_not_compared_and_stays_as_it_is() {
    let fixture = fleet("cli_access_default", "");
    fixture.write(
        "target.sql",
        "CREATE TABLE users (id serial PRIMARY KEY, name text, email text);\n\
                   CREATE VIEW names AS SELECT name FROM users;\n",
    );
    let without = fixture.run(&["put", "live:tenant_a"]).ok(0);
    let with = fixture.run(&["put", "live:tenant_a", "--include", "grants,owners"]).ok(0);
    assert_ne!(without, with);
    let diff = fixture.run(&["diff", "live:tenant_a", with.trim(), "--exit-code"]);
    assert!(diff.stderr.contains("grants and owners not compared"), "{}", diff.stderr);
    diff.ok(0);
    psql("cli_access_default", "DROP POLICY own ON tenant_b.users");
    let ended = fixture.run(&["sync", "tenant_b", "--to", "target.sql", "--yes"]);
    assert!(ended.ok(0).contains("1 applied"));
    let kept = "SELECT relowner::regrole, has_table_privilege('reader', oid, 'SELECT WITH GRANT OPTION') FROM pg_class \
                WHERE oid = 'tenant_b.names'::regclass";
    assert_eq!(psql("cli_access_default", kept), "tenant_b_rw|t");
    fixture.run(&["show", "live:tenant_a", "--include", "grant"]).fails(2, &["grants and owners are"]);
}
