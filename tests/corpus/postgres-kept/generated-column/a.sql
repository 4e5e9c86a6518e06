CREATE TABLE t (id integer, a integer, g integer GENERATED ALWAYS AS (a + 1) STORED, h integer);
