CREATE TABLE t (id integer PRIMARY KEY, a text);
CREATE FUNCTION n() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM t';
CREATE FUNCTION atomic(x integer) RETURNS text LANGUAGE sql STABLE AS 'SELECT a FROM t WHERE id = x';
CREATE FUNCTION returned(x integer) RETURNS integer LANGUAGE sql IMMUTABLE RETURN x + 1;
CREATE FUNCTION shifted(x integer) RETURNS integer LANGUAGE internal IMMUTABLE STRICT AS 'int4um';
CREATE VIEW v AS SELECT n() AS n, atomic(1) AS a, returned(2) AS r, shifted(3) AS s;
CREATE INDEX i ON t (returned(id));
