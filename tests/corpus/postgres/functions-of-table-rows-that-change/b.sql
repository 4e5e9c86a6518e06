CREATE TABLE t (id bigint PRIMARY KEY, a varchar(40), c date DEFAULT current_date);
CREATE FUNCTION make() RETURNS t LANGUAGE sql AS 'SELECT 1::bigint, ''x''::varchar, current_date';
CREATE FUNCTION many() RETURNS SETOF t LANGUAGE sql STABLE AS 'SELECT * FROM t WHERE c IS NOT NULL';
CREATE FUNCTION show(t) RETURNS text LANGUAGE sql STABLE AS 'SELECT $1.a::text';
CREATE FUNCTION copy_types(x t.a%TYPE, y t.c%TYPE) RETURNS t.a%TYPE LANGUAGE sql AS 'SELECT x';
CREATE FUNCTION arrays(t[]) RETURNS bigint LANGUAGE sql AS 'SELECT cardinality($1)::bigint';
CREATE VIEW v AS SELECT (make()).id, show(t) AS s FROM t;
CREATE INDEX t_show ON t ((a || 'x'));
