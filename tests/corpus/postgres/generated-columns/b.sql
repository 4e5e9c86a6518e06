CREATE TABLE t (id integer PRIMARY KEY, a bigint, b integer GENERATED ALWAYS AS (a + 2) STORED, c integer, d integer GENERATED ALWAYS AS (a - 1) STORED);
CREATE INDEX t_b ON t (b); CREATE VIEW v AS SELECT b, c FROM t; COMMENT ON COLUMN t.b IS 'computed';
