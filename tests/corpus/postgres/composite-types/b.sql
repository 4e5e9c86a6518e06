CREATE TYPE address AS (street text, number integer, city text); CREATE TYPE fresh AS (a integer[], b numeric(4,1)); COMMENT ON TYPE address IS 'there';
CREATE TABLE t (id integer PRIMARY KEY, a address); CREATE VIEW v AS SELECT (a).street FROM t;
CREATE FUNCTION f(address) RETURNS text LANGUAGE sql AS $$ SELECT $1.street $$;
