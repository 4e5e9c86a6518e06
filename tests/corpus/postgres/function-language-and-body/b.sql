CREATE TABLE t (id integer PRIMARY KEY, a text);
CREATE FUNCTION n() RETURNS bigint LANGUAGE plpgsql STABLE AS 'BEGIN RETURN (SELECT count(*) FROM t); END';
CREATE FUNCTION atomic(x integer) RETURNS text LANGUAGE sql STABLE BEGIN ATOMIC SELECT 1; SELECT a FROM t WHERE t.id = x; END;
CREATE FUNCTION returned(x integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT x + 2';
CREATE FUNCTION shifted(x integer) RETURNS integer LANGUAGE sql IMMUTABLE STRICT AS 'SELECT -x';
CREATE VIEW v AS SELECT n() AS n, atomic(1) AS a, returned(2) AS r, shifted(3) AS s;
CREATE INDEX i ON t (returned(id));
