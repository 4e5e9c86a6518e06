CREATE DOMAIN positive AS integer CHECK (VALUE > 0); CREATE DOMAIN code AS text DEFAULT 'x' NOT NULL; CREATE DOMAIN gone AS text; CREATE DOMAIN free AS text COLLATE "C";
CREATE TABLE t (id integer PRIMARY KEY, n positive, c code DEFAULT 'y'); COMMENT ON DOMAIN positive IS 'above';
CREATE FUNCTION f(n positive) RETURNS positive LANGUAGE sql AS $$ SELECT n $$;
