CREATE FUNCTION make_code(prefix text DEFAULT 'z') RETURNS text LANGUAGE sql AS $$ SELECT prefix || 'b' $$;
CREATE TABLE t (id integer PRIMARY KEY, code text DEFAULT make_code('q'), other integer);
