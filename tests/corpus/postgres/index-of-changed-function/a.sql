CREATE FUNCTION fold(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT lower($1) $$;
CREATE TABLE t (id integer PRIMARY KEY, name text, CONSTRAINT named CHECK (fold(name) <> ''));
CREATE UNIQUE INDEX t_fold ON t (fold(name)); COMMENT ON INDEX t_fold IS 'folded';
