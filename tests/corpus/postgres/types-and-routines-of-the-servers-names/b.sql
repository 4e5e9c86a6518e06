CREATE SCHEMA other;
CREATE TABLE text (id integer PRIMARY KEY, body pg_catalog.text, more date[]); COMMENT ON TABLE text IS 'still a table';
CREATE FUNCTION lower(pg_catalog.text) RETURNS pg_catalog.text LANGUAGE sql IMMUTABLE STRICT AS 'SELECT $1'; COMMENT ON FUNCTION public.lower(pg_catalog.text) IS 'own, strict';
CREATE TYPE public.json AS (a integer, b integer); CREATE TABLE other.holds (id integer, j public.json, t public.text);
CREATE FUNCTION other.now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT pg_catalog.now()';
CREATE TABLE t (id integer PRIMARY KEY, at timestamptz DEFAULT pg_catalog.now(), b pg_catalog.text CHECK (public.lower(b) <> 'x'), j json, own public.json);
CREATE INDEX t_b ON t (pg_catalog.lower(b)); CREATE VIEW v AS SELECT public.lower(b) AS own, pg_catalog.upper(b) AS theirs FROM t;
CREATE AGGREGATE public.max(integer) (SFUNC = int4larger, STYPE = integer, INITCOND = '0');
