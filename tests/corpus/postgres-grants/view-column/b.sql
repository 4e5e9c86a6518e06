CREATE TABLE t (id integer, name text);
CREATE VIEW v AS SELECT id, name FROM t;
CREATE MATERIALIZED VIEW m AS SELECT id FROM t;
GRANT SELECT (name) ON v TO app_ro;
GRANT SELECT ON v TO app_rw;
GRANT SELECT (id) ON m TO app_rw;
