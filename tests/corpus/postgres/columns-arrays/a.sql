CREATE TYPE mood AS ENUM ('a', 'b'); CREATE TYPE pt AS (x integer, y integer); CREATE DOMAIN pos AS integer CHECK (VALUE > 0);
CREATE TABLE t (id integer PRIMARY KEY, i integer[], s varchar(5)[] DEFAULT '{a,b}', m mood[] DEFAULT ARRAY['a'::mood], p pt[], d pos[] DEFAULT '{}', matrix integer[][], n numeric(6,2)[], scalar text, was_array text[], ts timestamp[]);
CREATE INDEX t_i ON t USING gin (i); CREATE INDEX t_s ON t USING gin (s); CREATE VIEW v AS SELECT id, unnest(m) AS m, i[1] AS first FROM t;
ALTER TABLE t ADD CHECK (array_length(i, 1) < 10), ADD CHECK ('a' = ANY (m));
