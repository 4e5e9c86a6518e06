CREATE TABLE t (id integer PRIMARY KEY, a text, b integer);
CREATE FUNCTION make() RETURNS t LANGUAGE sql AS 'SELECT 1, ''x''::text, 2';
CREATE FUNCTION many() RETURNS SETOF t LANGUAGE sql STABLE AS 'SELECT * FROM t';
CREATE FUNCTION show(t) RETURNS text LANGUAGE sql STABLE AS 'SELECT $1.a';
CREATE FUNCTION copy_types(x t.a%TYPE, y t.b%TYPE) RETURNS t.a%TYPE LANGUAGE sql AS 'SELECT x';
CREATE FUNCTION arrays(t[]) RETURNS integer LANGUAGE sql AS 'SELECT cardinality($1)';
CREATE VIEW v AS SELECT (make()).*, show(t) AS s FROM t;
CREATE INDEX t_show ON t ((a || b::text));
CREATE TABLE log (id integer, old t, new t);
