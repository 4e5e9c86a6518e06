CREATE SCHEMA s;
CREATE FUNCTION acc(bigint, integer) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $2';
CREATE FUNCTION acc(numeric, numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $2';
CREATE FUNCTION fin(bigint) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1::text';
CREATE FUNCTION s.acc(bigint, integer) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT $1 * $2';
CREATE AGGREGATE total(integer) (SFUNC = acc, STYPE = bigint, FINALFUNC = fin, INITCOND = '1');
CREATE AGGREGATE total(numeric) (SFUNC = acc, STYPE = numeric, INITCOND = '0');
CREATE AGGREGATE s.product(integer) (SFUNC = acc, STYPE = bigint, INITCOND = '1');
