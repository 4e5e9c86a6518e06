CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE TABLE t (id integer PRIMARY KEY, a text, m mood, j jsonb, r int4range, ts timestamptz, arr integer[], x xml, b bytea, i interval);
CREATE VIEW v AS SELECT id, j -> 'a' ->> 'b' AS jb, arr[1:2] AS slice, m = ANY (ARRAY['sad', 'happy']::mood[]) AS any_mood, ts AT TIME ZONE 'UTC' AS utc, extract(epoch FROM ts) AS epoch, r @> 5 AS has, a LIKE 'x%' AS l, a ~* '^y' AS re, (id, a) = (1, 'x') AS tuple, i * 2 AS twice, GREATEST(id, 5) AS g, CAST(a AS varchar(3)) AS cut FROM t;
CREATE VIEW grouped AS SELECT m, a, count(*) FILTER (WHERE id > 1) AS n, grouping(m, a) AS g, array_agg(DISTINCT id ORDER BY id DESC) AS ids, percentile_cont(0.5) WITHIN GROUP (ORDER BY id) AS median FROM t GROUP BY ROLLUP (m, a);
CREATE VIEW sampled AS SELECT id FROM t TABLESAMPLE system (10) REPEATABLE (1);
CREATE VIEW rows_of AS SELECT * FROM ROWS FROM (generate_series(1, 3), unnest(ARRAY['a', 'b'])) WITH ORDINALITY AS r (n, s, o);
CREATE VIEW xmls AS SELECT xmlelement(name a, xmlattributes(id AS i), a) AS x FROM t;
