CREATE SCHEMA other;
CREATE TABLE text (id integer PRIMARY KEY, body pg_catalog.text); COMMENT ON TABLE text IS 'a table';
CREATE FUNCTION lower(pg_catalog.text) RETURNS pg_catalog.text LANGUAGE sql IMMUTABLE AS 'SELECT $1'; COMMENT ON FUNCTION public.lower(pg_catalog.text) IS 'own';
CREATE TYPE public.json AS (a integer); CREATE TABLE other.holds (id integer, j public.json, t public.text);
CREATE FUNCTION other.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT pg_catalog.now()';
CREATE TABLE t (id integer PRIMARY KEY, at timestamptz DEFAULT other.now(), b pg_catalog.text CHECK (public.lower(b) <> ''), j json);
CREATE INDEX t_b ON t (public.lower(b)); CREATE VIEW v AS SELECT public.lower(b) AS own, pg_catalog.lower(b) AS theirs FROM t;
CREATE AGGREGATE public.max(integer) (SFUNC = int4larger, STYPE = integer);
