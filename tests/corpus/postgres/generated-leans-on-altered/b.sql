CREATE FUNCTION twice(number bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT number * 2 $$;
CREATE TABLE t (id integer PRIMARY KEY, a bigint, b integer GENERATED ALWAYS AS (a + 1) STORED NOT NULL, c integer GENERATED ALWAYS AS (twice(a)) STORED, CHECK (b > 0));
CREATE INDEX t_c ON t (c);
