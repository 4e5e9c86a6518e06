CREATE TABLE t (id integer PRIMARY KEY, p point);
CREATE SCHEMA stats;
CREATE TYPE stats.state AS (n bigint, total numeric, least numeric);
CREATE FUNCTION stats.step(state stats.state, v numeric) RETURNS stats.state LANGUAGE sql IMMUTABLE AS 'SELECT state.n + 1, state.total + v, least(state.least, v)';
CREATE FUNCTION stats.done(state stats.state) RETURNS double precision LANGUAGE sql IMMUTABLE AS 'SELECT state.total / nullif(state.n, 0)';
CREATE AGGREGATE stats.mean(numeric) (SFUNC = stats.step, STYPE = stats.state, FINALFUNC = stats.done, INITCOND = '(0,0,)');
CREATE VIEW stats.means AS SELECT stats.mean(id) AS m FROM t;
CREATE MATERIALIZED VIEW stats.kept AS SELECT m FROM stats.means;
COMMENT ON AGGREGATE stats.mean(numeric) IS 'mean';
