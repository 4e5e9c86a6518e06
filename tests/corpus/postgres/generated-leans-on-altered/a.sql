CREATE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT n * 2 $$;
CREATE TABLE t (id integer PRIMARY KEY, a integer, b integer GENERATED ALWAYS AS (a + 1) STORED NOT NULL, c integer GENERATED ALWAYS AS (twice(a)) STORED, CHECK (b > 0));
CREATE INDEX t_c ON t (c);
