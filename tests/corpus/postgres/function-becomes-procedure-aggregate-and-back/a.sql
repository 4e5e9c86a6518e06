CREATE FUNCTION step(integer, integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $2';
CREATE FUNCTION act(a integer) RETURNS integer LANGUAGE sql AS 'SELECT a';
CREATE PROCEDURE turn(a integer) LANGUAGE sql AS 'SELECT a';
CREATE AGGREGATE gather(integer) (SFUNC = step, STYPE = integer);
CREATE FUNCTION plain(integer) RETURNS integer LANGUAGE sql AS 'SELECT $1';
CREATE VIEW v AS SELECT gather(x) AS g, plain(5) AS p FROM generate_series(1, 3) x;
COMMENT ON FUNCTION act(integer) IS 'acts'; COMMENT ON AGGREGATE gather(integer) IS 'gathers';
