CREATE TABLE t (id integer PRIMARY KEY, a text);
CREATE SCHEMA api;
CREATE VIEW api.things AS SELECT id, a FROM t;
COMMENT ON VIEW api.things IS 'served';
CREATE FUNCTION api.thing(integer) RETURNS SETOF api.things LANGUAGE sql STABLE AS 'SELECT * FROM api.things WHERE id = $1';
CREATE FUNCTION api.name_of(api.things) RETURNS text LANGUAGE sql STABLE AS 'SELECT $1.a';
CREATE VIEW stays AS SELECT * FROM api.things;
