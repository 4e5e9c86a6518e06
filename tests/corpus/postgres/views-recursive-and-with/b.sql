CREATE TABLE nodes (id integer PRIMARY KEY, parent integer REFERENCES nodes (id), name text NOT NULL, weight integer DEFAULT 1);
CREATE RECURSIVE VIEW tree (id, depth, path) AS SELECT id, 0, ARRAY[name] FROM nodes WHERE parent IS NULL UNION ALL SELECT n.id, t.depth + 1, t.path || n.name FROM nodes n JOIN tree t ON n.parent = t.id;
CREATE VIEW leaves AS SELECT n.* FROM nodes n WHERE NOT EXISTS (SELECT FROM nodes c WHERE c.parent = n.id) ORDER BY n.name DESC NULLS LAST;
CREATE VIEW ranked AS SELECT id, dense_rank() OVER w AS place, lag(name, 2, 'none') OVER w AS previous FROM nodes WINDOW w AS (PARTITION BY parent ORDER BY weight DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW);
CREATE VIEW mixed AS SELECT what, n FROM (VALUES ('all', 1), ('none', 2)) v (what, n) EXCEPT SELECT name, weight FROM nodes;
COMMENT ON VIEW tree IS 'with depth and path';
CREATE VIEW deep AS SELECT max(depth) AS depth, (array_agg(path ORDER BY depth DESC))[1] AS path FROM tree;
