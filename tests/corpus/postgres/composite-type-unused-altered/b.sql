CREATE TYPE pair AS (a bigint, b varchar(9), c date);
CREATE FUNCTION f() RETURNS SETOF pair LANGUAGE sql AS $$ SELECT 1::bigint, 'x'::varchar(9), now()::date $$;
