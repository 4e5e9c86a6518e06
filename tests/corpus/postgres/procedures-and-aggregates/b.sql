CREATE PROCEDURE p(a integer, INOUT c text) LANGUAGE plpgsql AS $$ BEGIN c := a::text; END $$; CREATE PROCEDURE p(date) LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
CREATE FUNCTION step(integer, integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT $1 + $2 $$;
CREATE AGGREGATE total(integer) (SFUNC = step, STYPE = integer, INITCOND = '1', PARALLEL = safe); CREATE AGGREGATE pct(float8 ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA);
CREATE TABLE t (a integer); CREATE VIEW v AS SELECT total(a) FROM t;
