CREATE FUNCTION place() RETURNS bigint LANGUAGE internal WINDOW IMMUTABLE PARALLEL SAFE COST 2 AS 'window_rank';
CREATE FUNCTION other(anyelement) RETURNS anyelement LANGUAGE internal WINDOW IMMUTABLE AS 'window_lag';
CREATE TABLE t (id integer PRIMARY KEY, a text);
CREATE VIEW placed AS SELECT place() OVER (PARTITION BY a ORDER BY id DESC) AS p, id FROM t;
CREATE FUNCTION turned(integer) RETURNS integer LANGUAGE internal WINDOW AS 'window_first_value';
COMMENT ON FUNCTION place() IS 'rank';
