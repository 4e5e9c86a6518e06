//! Schemas made up from a seed, and others like them: what one table, column or view is in both, only details part.
//!
//! A column's name tells what may be in it, so that rows survive every change: all values are small whole numbers.

use fastrand::Rng;

const TABLES: [&str; 4] = ["t0", "t1", "t2", "t3"];
const NUMBERS: [&str; 6] = ["smallint", "integer", "bigint", "numeric(8,0)", "text", "character varying(12)"];
const OTHERS: [(&str, &str, &str); 7] = [
    ("d", "date", "'2020-02-02'"),
    ("z", "timestamptz", "now()"),
    ("j", "jsonb", "'{\"a\": [1]}'"),
    ("b", "boolean", "true"),
    ("u", "uuid", "gen_random_uuid()"),
    ("x", "text[]", "'{a,\"b c\"}'"),
    ("y", "bytea", "'\\x00ff'"),
];

/// A schema as SQL: statements by layer; within a layer their order does not matter.
#[derive(Clone)]
pub(crate) struct Generated {
    layers: Vec<Vec<String>>,
}

impl Generated {
    /// The statements in the order of their making.
    pub(crate) fn sql(&self) -> String {
        self.layers.concat().join(";\n")
    }

    /// The same with the statements of each layer in another order.
    pub(crate) fn shuffled(&self, rng: &mut Rng) -> String {
        let mut other = self.clone();
        other.layers.iter_mut().for_each(|layer| rng.shuffle(layer));
        other.sql()
    }

    /// Rows for the tables that every schema has.
    pub(crate) fn rows() -> String {
        let insert =
            |table: &str| format!("INSERT INTO {table} (id, n0, ref) SELECT n, n, n FROM generate_series(1, 3) n");
        format!("{};\n{}", insert("t0"), insert("t1"))
    }
}

/// Two schemas of one sort.
pub(crate) fn pair(seed: u64) -> (Generated, Generated) {
    let mut one = Rng::with_seed(seed);
    // Most choices are the same on both sides; every fifth is made anew.
    let other = Rng::with_seed(seed);
    let first = Maker { shared: Rng::with_seed(seed), own: None }.schema();
    let second = Maker { shared: other, own: Some(Rng::with_seed(one.u64(..))) }.schema();
    (first, second)
}

struct Maker {
    shared: Rng,
    own: Option<Rng>,
}

impl Maker {
    /// A number below `limit`: that of the other side, or another.
    fn pick(&mut self, limit: usize) -> usize {
        let shared = self.shared.usize(0..limit);
        let own = self.own.as_mut().and_then(|own| (own.u8(0..5) == 0).then(|| own.usize(0..limit)));
        own.unwrap_or(shared)
    }

    fn chance(&mut self, of: usize) -> bool {
        self.pick(of) == 0
    }

    fn choose<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.pick(list.len())]
    }

    fn schema(mut self) -> Generated {
        let mut layers = vec![self.basics(), Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new()];
        for (place, table) in TABLES.into_iter().enumerate() {
            // Every choice is made even for what is left out, so that both sides stay in step.
            let is_there = place < 2 || !self.chance(3);
            let columns = self.columns();
            let parts = self.parts(table);
            let views = self.views(table);
            if is_there {
                layers[1].push(format!("CREATE TABLE {table} (\n    {}\n)", columns.join(",\n    ")));
                let (references, parts): (Vec<_>, Vec<_>) =
                    parts.into_iter().partition(|part| part.contains("FOREIGN KEY"));
                layers[2].extend(parts);
                layers[3].extend(references);
                layers[3].extend(views[..1].iter().cloned());
                layers[4].extend(views[1..].iter().cloned());
                layers[5].extend(self.comments(table));
            } else {
                self.comments(table);
            }
        }
        Generated { layers }
    }

    /// Enums, sequences, functions: what tables lean on.
    fn basics(&mut self) -> Vec<String> {
        let mut statements = Vec::new();
        for name in ["e0", "e1"] {
            let mut values = vec!["'a'"];
            for value in ["'b'", "'c c'", "'d''d'"] {
                if !self.chance(3) {
                    let place = self.pick(values.len() + 1);
                    values.insert(place, value);
                }
            }
            statements.push(format!("CREATE TYPE {name} AS ENUM ({})", values.join(", ")));
        }
        for name in ["s0", "s1"] {
            let options = self.choose(&[
                "",
                " INCREMENT 5",
                " MAXVALUE 1000000",
                " AS integer CYCLE",
                " CACHE 7",
                " INCREMENT -1",
            ]);
            statements.push(format!("CREATE SEQUENCE {name}{options}"));
        }
        for name in ["f0", "f1"] {
            let returns = self.choose(&["integer", "integer", "bigint"]);
            let more = self.choose(&["", "", ", b text DEFAULT 'x'"]);
            let body = self.pick(3);
            let form = self.choose(&["sql IMMUTABLE AS $$ SELECT", "sql IMMUTABLE STRICT AS $$ SELECT"]);
            statements
                .push(format!("CREATE FUNCTION {name}(a integer{more}) RETURNS {returns} LANGUAGE {form} {body} $$"));
        }
        let body = self.pick(2);
        statements.push(format!(
            "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN /* {body} */ RETURN NEW; END $$"
        ));
        statements
    }

    fn columns(&mut self) -> Vec<String> {
        let mut columns = vec![format!("id {} NOT NULL", self.choose(&["integer", "bigint"]))];
        let (type_name, default) = (self.choose(&NUMBERS), self.default_of_number());
        columns.push(format!("n0 {type_name} {default}"));
        columns.push(format!("ref {}", self.choose(&["integer", "bigint", "smallint"])));
        for name in ["n1", "n2"] {
            let (type_name, mut default) = (self.choose(&NUMBERS), self.default_of_number());
            if name == "n2" && default.is_empty() {
                default = "DEFAULT 9";
            }
            // What may be null on one side would stop the other.
            let not_null = if name == "n2" { " NOT NULL" } else { "" };
            if !self.chance(3) {
                columns.push(format!("{name} {type_name} {default}{not_null}"));
            }
        }
        for (name, type_name, default) in OTHERS {
            let (is_there, not_null) = (self.chance(3), ["d", "b", "y"].contains(&name));
            let has_default = self.chance(2) || not_null;
            let default = if has_default { format!(" DEFAULT {default}") } else { String::new() };
            let not_null = if not_null { " NOT NULL" } else { "" };
            if is_there {
                columns.push(format!("{name} {type_name}{default}{not_null}"));
            }
        }
        for (name, type_name) in [("k0", "e0"), ("k1", "e1"), ("ks", "e0[]")] {
            let default = self.choose(&["", " DEFAULT 'a'"]);
            let default = if name == "ks" { "" } else { default };
            if self.chance(2) {
                columns.push(format!("{name} {type_name}{default}"));
            }
        }
        let addend = self.pick(3);
        if self.chance(4) {
            columns.push(format!("g bigint GENERATED ALWAYS AS (ref + {addend}) STORED"));
        }
        if self.chance(4) {
            let kind = self.choose(&["ALWAYS", "BY DEFAULT"]);
            columns.push(format!("i integer GENERATED {kind} AS IDENTITY"));
        }
        columns
    }

    fn default_of_number(&mut self) -> &'static str {
        self.choose(&[
            "",
            "",
            "DEFAULT 7",
            "DEFAULT 8",
            "DEFAULT nextval('s0')",
            "DEFAULT nextval('s1')",
            "DEFAULT f0(1)",
        ])
    }

    /// Constraints, indexes and triggers of a table.
    fn parts(&mut self, table: &str) -> Vec<String> {
        let limit = 1000 + self.pick(2);
        let order = self.choose(&["", " DESC", " NULLS FIRST"]);
        let deferral = self.choose(&["", " DEFERRABLE", " DEFERRABLE INITIALLY DEFERRED"]);
        let action = self.choose(&["", " ON DELETE CASCADE", " ON UPDATE CASCADE ON DELETE SET NULL"]);
        let timing = self.choose(&["BEFORE INSERT", "AFTER UPDATE OF ref", "AFTER INSERT OR DELETE"]);
        let key = self.choose(&["PRIMARY KEY (id)", "PRIMARY KEY (id)", "PRIMARY KEY (id, n0)"]);
        let key = if table == "t0" { "PRIMARY KEY (id)" } else { key };
        let parts = [
            (6, format!("ALTER TABLE {table} ADD CONSTRAINT {table}_un UNIQUE (n0){deferral}")),
            (2, format!("ALTER TABLE {table} ADD CONSTRAINT {table}_ck CHECK (ref < {limit})")),
            (2, format!("ALTER TABLE {table} ADD CONSTRAINT {table}_text CHECK (n0::text <> '')")),
            (3, format!("ALTER TABLE {table} ADD CONSTRAINT {table}_fn CHECK (f1(ref::integer) >= 0)")),
            (2, format!("CREATE INDEX {table}_n0 ON {table} (n0{order})")),
            (2, format!("CREATE INDEX {table}_expression ON {table} ((n0::text), ref) WHERE ref > {limit}")),
            (3, format!("CREATE UNIQUE INDEX {table}_included ON {table} (n0, id) INCLUDE (ref)")),
            (2, format!("CREATE TRIGGER tr {timing} ON {table} FOR EACH ROW EXECUTE FUNCTION touch()")),
        ];
        let mut statements = Vec::new();
        if table == "t0" || !self.chance(5) {
            statements.push(format!("ALTER TABLE {table} ADD CONSTRAINT {table}_key {key}"));
        }
        for (of, statement) in parts {
            if self.chance(of) {
                statements.push(statement);
            }
        }
        if table != "t0" && self.chance(2) {
            statements.push(format!(
                "ALTER TABLE {table} ADD CONSTRAINT {table}_fk FOREIGN KEY (ref) REFERENCES t0 (id){action}{deferral}"
            ));
        }
        statements
    }

    /// A view of a table, and what leans on that.
    fn views(&mut self, table: &str) -> Vec<String> {
        let columns = self.choose(&["id, n0", "id, n0, ref", "n0, id", "id, n0, f0(1) AS f"]);
        let from = self.choose(&["", " WHERE ref > 1", " WHERE n0::text <> '2'"]);
        let options = self.choose(&["", "", " WITH (security_barrier=true)"]);
        let mut views = vec![format!("CREATE VIEW {table}_v{options} AS SELECT {columns} FROM {table}{from}")];
        if self.chance(2) {
            views.push(format!("CREATE VIEW {table}_w AS SELECT n0 FROM {table}_v WHERE id > 0"));
        }
        if self.chance(3) {
            views.push(format!("CREATE MATERIALIZED VIEW {table}_m AS SELECT id FROM {table}_v"));
        }
        views
    }

    fn comments(&mut self, table: &str) -> Vec<String> {
        let targets = [
            format!("TABLE {table}"),
            format!("COLUMN {table}.n0"),
            format!("VIEW {table}_v"),
            format!("COLUMN {table}_v.id"),
        ];
        let mut statements = Vec::new();
        for target in targets {
            let text = self.choose(&["'one'", "'it''s'", "E'two\\nlines'"]);
            if self.chance(3) {
                statements.push(format!("COMMENT ON {target} IS {text}"));
            }
        }
        statements
    }
}
