CREATE FUNCTION f(a integer) RETURNS bigint LANGUAGE sql AS 'SELECT a::bigint';
CREATE FUNCTION g(b integer) RETURNS integer LANGUAGE sql SECURITY DEFINER AS 'SELECT b + 1';
CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0');
