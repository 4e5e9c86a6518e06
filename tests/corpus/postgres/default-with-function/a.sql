CREATE FUNCTION next_code() RETURNS text LANGUAGE sql AS $$ SELECT 'a' $$;
CREATE TABLE t (id integer PRIMARY KEY, code text DEFAULT next_code(), other integer DEFAULT 1);
