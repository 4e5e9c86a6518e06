CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE TABLE t (id integer PRIMARY KEY, a text, m mood, j jsonb, r int4range, ts timestamptz, arr integer[], x xml, b bytea, i interval);
CREATE VIEW v AS SELECT id, j #>> '{a,b}' AS jb, arr[2] AS slice, m IN ('sad') AS any_mood, ts::date AS utc, date_trunc('day', ts) AS epoch, r && int4range(1, 5, '[]') AS has, a NOT ILIKE '%x' AS l, a SIMILAR TO 'y%' AS re, ROW(id, a) IS DISTINCT FROM ROW(1, 'x') AS tuple, i + '1 day'::interval AS twice, LEAST(id, 5) AS g, substring(a FROM 1 FOR 3) COLLATE "C" AS cut, overlay(a PLACING 'x' FROM 1) AS o, position('a' IN a) AS p, trim(BOTH 'x' FROM a) AS t FROM t;
CREATE VIEW grouped AS SELECT m, a, count(*) FILTER (WHERE id > 1) AS n, grouping(m, a) AS g, string_agg(a, ',' ORDER BY id) AS ids, mode() WITHIN GROUP (ORDER BY a) AS median FROM t GROUP BY GROUPING SETS ((m), (a), ()) HAVING count(*) > 0;
CREATE VIEW sampled AS SELECT id FROM t TABLESAMPLE bernoulli (50);
CREATE VIEW rows_of AS SELECT * FROM generate_series(1, 3) WITH ORDINALITY AS r (n, o);
CREATE VIEW xmls AS SELECT xmlforest(id AS i, a) AS x, xmlserialize(CONTENT x AS text) AS s FROM t;
