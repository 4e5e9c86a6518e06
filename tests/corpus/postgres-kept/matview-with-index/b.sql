CREATE TABLE t (id integer, name text);
CREATE MATERIALIZED VIEW m AS SELECT id, lower(name) AS name FROM t;
CREATE UNIQUE INDEX m_id ON m (id);
COMMENT ON MATERIALIZED VIEW m IS 'kept';
