CREATE FUNCTION step(integer, integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $2';
CREATE PROCEDURE act(a integer) LANGUAGE sql AS 'SELECT a';
CREATE FUNCTION turn(a integer) RETURNS integer LANGUAGE sql AS 'SELECT a';
CREATE FUNCTION gather(integer) RETURNS integer LANGUAGE sql AS 'SELECT $1';
CREATE AGGREGATE plain(integer) (SFUNC = step, STYPE = integer);
CREATE VIEW v AS SELECT gather(5) AS g, plain(x) AS p FROM generate_series(1, 3) x;
COMMENT ON PROCEDURE act(integer) IS 'acts'; COMMENT ON FUNCTION gather(integer) IS 'gathers';
