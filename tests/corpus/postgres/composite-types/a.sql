CREATE TYPE address AS (street text, number integer, gone text); CREATE TYPE unused AS (a integer); COMMENT ON TYPE address IS 'where'; COMMENT ON COLUMN address.street IS 'road';
CREATE TABLE t (id integer PRIMARY KEY, a address); CREATE VIEW v AS SELECT (a).street FROM t;
CREATE FUNCTION f(address) RETURNS text LANGUAGE sql AS $$ SELECT $1.street $$;
