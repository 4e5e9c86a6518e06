CREATE FUNCTION fold(value text, strip boolean DEFAULT false) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT upper(value) $$;
CREATE TABLE t (id integer PRIMARY KEY, name text, CONSTRAINT named CHECK (fold(name) <> ''));
CREATE UNIQUE INDEX t_fold ON t (fold(name, true));
