CREATE FUNCTION body(a integer) RETURNS integer LANGUAGE sql AS $$ SELECT a $$; CREATE FUNCTION over(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION over(a text) RETURNS integer LANGUAGE sql AS 'SELECT 2';
CREATE FUNCTION args(a integer, b text DEFAULT 'x') RETURNS integer LANGUAGE plpgsql STABLE COST 5 AS $$ BEGIN RETURN a; END $$; CREATE FUNCTION ret() RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION tab() RETURNS TABLE (a integer, b text) LANGUAGE sql ROWS 5 AS $$ SELECT 1, 'b' $$; CREATE FUNCTION flags() RETURNS void LANGUAGE sql STRICT SECURITY DEFINER PARALLEL SAFE LEAKPROOF SET search_path TO public, "My Schema" SET work_mem = '1MB' AS '';
COMMENT ON FUNCTION body(integer) IS 'body'; COMMENT ON FUNCTION over(text) IS 'text'; CREATE FUNCTION outs(OUT a integer, INOUT b text, VARIADIC c integer[]) LANGUAGE sql AS $$ SELECT 1, b $$;
CREATE FUNCTION dollars() RETURNS text LANGUAGE sql AS 'SELECT ''$$ $body1$''';
