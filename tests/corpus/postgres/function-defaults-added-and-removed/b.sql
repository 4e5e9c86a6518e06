CREATE TABLE t (id integer PRIMARY KEY, a text, b text);
CREATE FUNCTION greet(who text, greeting text DEFAULT 'Good day', mark text DEFAULT NULL) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT greeting || ' ' || who || coalesce(mark, '') $$;
CREATE FUNCTION bare(a integer, b integer DEFAULT 40 + 2) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT a + b';
CREATE VIEW greetings AS SELECT greet(a) AS g, bare(id, 2) AS n FROM t;
ALTER TABLE t ALTER COLUMN b SET DEFAULT greet('you', mark => '?');
COMMENT ON FUNCTION greet IS 'polite';
