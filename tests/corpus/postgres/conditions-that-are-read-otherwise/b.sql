CREATE DOMAIN level AS varchar(10) DEFAULT 'low' CHECK (VALUE IN ('low', 'high')) CHECK (length(VALUE) BETWEEN 1 AND 9 AND VALUE <> 'x');
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TABLE orders (
    id integer PRIMARY KEY, state varchar(20) DEFAULT 'open' CHECK (state IN ('open', 'shut')), code char(3) CHECK (code NOT IN ('a', 'b')),
    low integer, high integer, at_level level,
    is_open boolean GENERATED ALWAYS AS (state IN ('open', 'new') OR (low BETWEEN 1 AND 5 AND high > 0)) STORED,
    is_low boolean DEFAULT (1 BETWEEN 0 AND 5 AND 'x'::varchar IN ('x', 'y')),
    CHECK (low BETWEEN 1 AND 5 AND high > low), CHECK ((low, high) = (1, 2) AND state <> 'x' OR high > 0),
    CHECK (low NOT BETWEEN 6 AND 7 OR high IS NULL), CHECK (low IN (1, 2, high) OR code = 'c'),
    CHECK (CASE WHEN low BETWEEN 1 AND 2 AND high = 1 THEN true ELSE state IN ('open', 'shut') END),
    EXCLUDE USING btree (state WITH =) WHERE (state IN ('only', 'once') AND low BETWEEN 1 AND 2 AND high > 0)
);
CREATE INDEX ON orders (id) WHERE state IN ('open', 'shut') AND low BETWEEN 1 AND 2;
CREATE INDEX ON orders ((state IN ('open', 'shut')), (low BETWEEN 1 AND 2 AND high > 0));
CREATE VIEW open_orders AS SELECT id, low BETWEEN 1 AND 2 AND high > 0 AS is_low FROM orders WHERE (state IN ('open', 'shut') OR code IN ('a')) AND low BETWEEN 1 AND 2 AND high > 1;
CREATE MATERIALIZED VIEW closed_orders AS SELECT o.id FROM orders o JOIN orders p ON o.low BETWEEN p.low AND p.high AND o.id = p.id WHERE o.state NOT IN ('open', 'new');
CREATE POLICY a_few ON orders USING (state IN ('open', 'shut') AND low BETWEEN 1 AND 2 AND high > 0) WITH CHECK (state = ANY (ARRAY['open', 'shut']::varchar[]));
CREATE TRIGGER notes AFTER UPDATE ON orders FOR EACH ROW WHEN (NEW.state IN ('open', 'shut')) EXECUTE FUNCTION note();
CREATE RULE keep AS ON DELETE TO orders WHERE OLD.state IN ('open', 'shut') DO INSTEAD NOTHING;
CREATE FUNCTION is_open(o varchar, yes boolean DEFAULT 'x'::varchar IN ('x', 'y')) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN o IN ('open', 'shut') AND yes;
CREATE STATISTICS of_orders ON (state IN ('open', 'shut')), low FROM orders;
CREATE TABLE parts (state varchar(9), n integer) PARTITION BY LIST ((state IN ('open', 'shut')));
