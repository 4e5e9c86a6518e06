CREATE TYPE mood AS ENUM ('a', 'b', 'c'); CREATE TYPE pt AS (x integer, y integer, z integer); CREATE DOMAIN pos AS integer CHECK (VALUE > 0);
CREATE TABLE t (id integer PRIMARY KEY, i bigint[], s text[] DEFAULT '{a,b}', m mood[] DEFAULT ARRAY['a'::mood, 'c'::mood], p pt[], d integer[] DEFAULT '{}', matrix numeric[], n numeric(8,2)[], scalar text[], was_array text, ts timestamptz[]);
CREATE INDEX t_i ON t USING gin (i); CREATE INDEX t_s ON t USING gin (s); CREATE VIEW v AS SELECT id, unnest(m) AS m, i[1] AS first FROM t;
ALTER TABLE t ADD CHECK (array_length(i, 1) < 11), ADD CHECK ('a' = ANY (m));
