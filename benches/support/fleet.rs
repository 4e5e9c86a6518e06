//! Fleets of schemas in one database: `tenant_00000 …`, all alike, of 30 tables each.

use std::ops::Range;

use schema_sync_test_cluster::Cluster;

const TABLES: usize = 30;
/// What a server needs to make thousands of tables quickly.
pub(crate) const SETTINGS: [&str; 3] =
    ["max_locks_per_transaction = 1024", "max_wal_size = 8GB", "shared_buffers = 1GB"];

/// Makes these tenants' schemas over two connections, each schema in a transaction of its own.
pub(crate) fn add(cluster: &Cluster, database: &str, tenants: Range<usize>) {
    let middle = usize::midpoint(tenants.start, tenants.end);
    std::thread::scope(|scope| {
        for half in [tenants.start..middle, middle..tenants.end] {
            scope.spawn(|| cluster.psql(database, &sql(half)));
        }
    });
    cluster.psql(database, "VACUUM ANALYZE");
}

/// The name of a tenant's schema.
pub(crate) fn tenant_name(tenant: usize) -> String {
    format!("tenant_{tenant:05}")
}

fn sql(tenants: Range<usize>) -> String {
    let tables: String = (0..TABLES).map(table).collect();
    let schema = |tenant| {
        let name = tenant_name(tenant);
        format!("BEGIN; CREATE SCHEMA {name}; SET LOCAL search_path = {name};\n{tables}COMMIT;\n")
    };
    tenants.map(schema).collect()
}

fn table(table: usize) -> String {
    let before = table.saturating_sub(1);
    format!(
        "CREATE TABLE item_{table} (id bigint PRIMARY KEY, item_{before}_id bigint REFERENCES item_{before},
           title varchar(200) NOT NULL, price numeric(12,2) NOT NULL DEFAULT 0, is_open boolean NOT NULL DEFAULT true,
           made_at timestamptz NOT NULL DEFAULT now(), CHECK (price >= 0));
         CREATE INDEX item_{table}_title ON item_{table} (title);\n"
    )
}
