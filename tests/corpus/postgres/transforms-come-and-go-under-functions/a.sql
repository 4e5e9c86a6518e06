CREATE TYPE place AS (street text, number integer);
CREATE TRANSFORM FOR place LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal));
CREATE FUNCTION number_of(a place) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT a.number';
CREATE FUNCTION changed(a integer) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION caller(a integer) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT changed(a)';
CREATE TABLE t (id integer CHECK (changed(id) > 0), at place);
CREATE VIEW numbers AS SELECT number_of(at) AS number FROM t;
