CREATE TABLE t (id integer PRIMARY KEY, a text);
CREATE SCHEMA api;
CREATE VIEW api.items AS SELECT id, a FROM t;
COMMENT ON VIEW api.items IS 'served';
CREATE VIEW things AS SELECT id, a, 1 AS one FROM t;
CREATE FUNCTION api.thing(integer) RETURNS SETOF api.items LANGUAGE sql STABLE AS 'SELECT * FROM api.items WHERE id = $1';
CREATE FUNCTION api.name_of(api.items) RETURNS text LANGUAGE sql STABLE AS 'SELECT $1.a';
CREATE VIEW stays AS SELECT * FROM api.items;
