CREATE TABLE t (id integer PRIMARY KEY, a integer, b integer GENERATED ALWAYS AS (a + 1) STORED, c integer GENERATED ALWAYS AS (a * 2) STORED, d integer, e text GENERATED ALWAYS AS ('e') STORED);
CREATE INDEX t_b ON t (b); CREATE VIEW v AS SELECT b, c FROM t; COMMENT ON COLUMN t.b IS 'computed';
