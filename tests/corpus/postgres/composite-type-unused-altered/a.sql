CREATE TYPE pair AS (a integer, b varchar(5));
CREATE FUNCTION f() RETURNS SETOF pair LANGUAGE sql AS $$ SELECT 1, 'x'::varchar(5) $$;
