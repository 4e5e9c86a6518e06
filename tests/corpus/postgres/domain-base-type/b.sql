CREATE DOMAIN size AS bigint CHECK (VALUE > 0);
CREATE TABLE t (id integer PRIMARY KEY, n size DEFAULT 3, other text); CREATE INDEX t_n ON t (n); CREATE VIEW v AS SELECT n FROM t; COMMENT ON COLUMN t.n IS 'sized';
