CREATE DOMAIN label AS varchar(20); CREATE TYPE pair AS (a label, b integer);
CREATE TABLE t (id integer PRIMARY KEY, n label NOT NULL, ns label[], UNIQUE (n), CHECK (n <> '')); CREATE FUNCTION f(n label) RETURNS label LANGUAGE sql AS $$ SELECT n $$;
CREATE TABLE p (n label, k integer) PARTITION BY LIST (k); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1); CREATE DOMAIN short AS label CHECK (length(VALUE) < 5); CREATE TABLE u (s short);
