CREATE PROCEDURE p(a integer, INOUT b text) LANGUAGE plpgsql AS $$ BEGIN b := a::text; END $$; CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1'; COMMENT ON PROCEDURE p() IS 'none';
CREATE FUNCTION step(integer, integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT $1 + $2 $$;
CREATE AGGREGATE total(integer) (SFUNC = step, STYPE = integer, INITCOND = '0'); CREATE AGGREGATE gone(*) (SFUNC = int8inc, STYPE = bigint, INITCOND = '0'); COMMENT ON AGGREGATE total(integer) IS 'sum';
CREATE TABLE t (a integer); CREATE VIEW v AS SELECT total(a) FROM t;
