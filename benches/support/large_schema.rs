//! One large schema, named `large`.

/// So many tables of 12 columns, 4 indexes (2 of them of constraints), a primary key, a unique constraint, a check and a
/// foreign key to the table before; with every 20th a view and a function.
pub(crate) fn sql(table_count: usize) -> String {
    let parts =
        (0..table_count).map(|index| if index % 20 == 0 { table(index) + &reports(index) } else { table(index) });
    let parts: String = parts.collect();
    format!("BEGIN; CREATE SCHEMA large; SET LOCAL search_path = large;\n{parts}COMMIT;\n")
}

fn table(table: usize) -> String {
    let before = table.saturating_sub(1);
    format!(
        "CREATE TABLE item_{table} (
           id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
           code varchar(40) NOT NULL CONSTRAINT item_{table}_code UNIQUE,
           item_{before}_id bigint NOT NULL CONSTRAINT item_{table}_before REFERENCES item_{before} ON DELETE CASCADE,
           title text NOT NULL DEFAULT '', body text, price numeric(12,2) NOT NULL DEFAULT 0,
           quantity integer NOT NULL DEFAULT 1 CONSTRAINT item_{table}_quantity CHECK (quantity > 0),
           is_open boolean NOT NULL DEFAULT true, details jsonb NOT NULL DEFAULT '{{}}', labels text[],
           made_at timestamptz NOT NULL DEFAULT now(), gone_at timestamptz);
         CREATE INDEX item_{table}_recent ON item_{table} (item_{before}_id, made_at DESC);
         CREATE INDEX item_{table}_title ON item_{table} (lower(title)) WHERE gone_at IS NULL;\n"
    )
}

fn reports(table: usize) -> String {
    format!(
        "CREATE VIEW open_{table} AS SELECT id, code, price * quantity AS total FROM item_{table} WHERE is_open;
         CREATE FUNCTION total_{table}(wanted bigint) RETURNS numeric LANGUAGE sql STABLE
           AS 'SELECT sum(price * quantity) FROM item_{table} WHERE id = wanted';\n"
    )
}
