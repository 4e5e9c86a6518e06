CREATE FUNCTION f(a integer, b text DEFAULT 'x') RETURNS integer LANGUAGE sql AS $$ SELECT a $$;
CREATE VIEW v WITH (security_barrier = true) AS SELECT f(1) AS f;
