CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql AS 'SELECT a';
CREATE FUNCTION g(a integer) RETURNS integer LANGUAGE sql SECURITY DEFINER AS 'SELECT a';
CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = integer);
