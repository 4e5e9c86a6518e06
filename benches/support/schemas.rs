//! SQL of the schemas that benches measure with: one large schema, and fleets of small ones.

use std::fmt::Write;

/// One schema of so many tables: each 12 columns, 4 indexes (2 of them its key's and its unique constraint's), a check and
/// a foreign key to the table before; with it a view and a function for every 20 tables.
pub(crate) fn large_schema(table_count: usize) -> String {
    let mut sql = String::from("BEGIN;\nCREATE SCHEMA large;\nSET LOCAL search_path = large;\n");
    for table in 0..table_count {
        let before = table.saturating_sub(1);
        write!(
            sql,
            "CREATE TABLE item_{table} (
               id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
               code varchar(40) NOT NULL CONSTRAINT item_{table}_code UNIQUE,
               item_{before}_id bigint NOT NULL CONSTRAINT item_{table}_before REFERENCES item_{before} ON DELETE CASCADE,
               title text NOT NULL DEFAULT '', body text, price numeric(12,2) NOT NULL DEFAULT 0,
               quantity integer NOT NULL DEFAULT 1 CONSTRAINT item_{table}_quantity CHECK (quantity > 0),
               is_open boolean NOT NULL DEFAULT true, details jsonb NOT NULL DEFAULT '{{}}', labels text[],
               made_at timestamptz NOT NULL DEFAULT now(), gone_at timestamptz);
             CREATE INDEX item_{table}_before ON item_{table} (item_{before}_id, made_at DESC);
             CREATE INDEX item_{table}_title ON item_{table} (lower(title)) WHERE gone_at IS NULL;\n"
        )
        .expect("text takes text");
        if table % 20 == 0 {
            write!(
                sql,
                "CREATE VIEW open_{table} AS SELECT id, code, price * quantity AS total FROM item_{table} WHERE is_open;
                 CREATE FUNCTION total_{table}(wanted bigint) RETURNS numeric LANGUAGE sql STABLE AS
                   'SELECT sum(price * quantity) FROM item_{table} WHERE id = wanted';\n"
            )
            .expect("text takes text");
        }
    }
    sql.push_str("COMMIT;\n");
    sql
}

/// So many schemas `tenant_00000 …` of so many tables, all alike, each made in a transaction of its own.
pub(crate) fn fleet(tenants: std::ops::Range<usize>, table_count: usize) -> String {
    let body: String = (0..table_count).map(tenant_table).collect();
    let mut sql = String::new();
    for tenant in tenants {
        let name = tenant_name(tenant);
        write!(sql, "BEGIN; CREATE SCHEMA {name}; SET LOCAL search_path = {name};\n{body}COMMIT;\n").expect("text takes text");
    }
    sql
}

/// The name of a schema of a fleet.
pub(crate) fn tenant_name(tenant: usize) -> String {
    format!("tenant_{tenant:05}")
}

fn tenant_table(table: usize) -> String {
    let before = table.saturating_sub(1);
    format!(
        "CREATE TABLE item_{table} (id bigint PRIMARY KEY, item_{before}_id bigint REFERENCES item_{before},
           title varchar(200) NOT NULL, price numeric(12,2) NOT NULL DEFAULT 0, is_open boolean NOT NULL DEFAULT true,
           made_at timestamptz NOT NULL DEFAULT now(), CHECK (price >= 0));
         CREATE INDEX item_{table}_title ON item_{table} (title);\n"
    )
}
