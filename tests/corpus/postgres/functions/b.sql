CREATE FUNCTION body(a integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT a + 1 $$; CREATE FUNCTION over(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 3'; CREATE FUNCTION over(a date) RETURNS integer LANGUAGE sql AS 'SELECT 2';
CREATE FUNCTION args(a integer, c text DEFAULT 'y') RETURNS integer LANGUAGE plpgsql COST 500 AS $$ BEGIN RETURN a; END $$; CREATE FUNCTION ret() RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$;
CREATE FUNCTION tab() RETURNS TABLE (a integer, b text, c date) LANGUAGE sql ROWS 7 AS $$ SELECT 1, 'b', now()::date $$; CREATE FUNCTION flags() RETURNS void LANGUAGE sql AS '';
COMMENT ON FUNCTION body(integer) IS 'changed'; CREATE FUNCTION outs(OUT a integer, INOUT b text) LANGUAGE sql AS $$ SELECT 1, b $$;
CREATE FUNCTION dollars() RETURNS text LANGUAGE sql AS 'SELECT ''$$ $body1$ $body2$ \ ''''''';
