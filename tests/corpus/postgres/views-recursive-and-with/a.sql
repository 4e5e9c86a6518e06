CREATE TABLE nodes (id integer PRIMARY KEY, parent integer REFERENCES nodes (id), name text NOT NULL, weight integer DEFAULT 1);
CREATE RECURSIVE VIEW tree (id, depth) AS SELECT id, 0 FROM nodes WHERE parent IS NULL UNION ALL SELECT n.id, t.depth + 1 FROM nodes n JOIN tree t ON n.parent = t.id;
CREATE VIEW leaves AS SELECT n.* FROM nodes n WHERE NOT EXISTS (SELECT FROM nodes c WHERE c.parent = n.id);
CREATE VIEW ranked AS SELECT id, rank() OVER w AS place, lag(name) OVER w AS previous FROM nodes WINDOW w AS (PARTITION BY parent ORDER BY weight DESC);
CREATE VIEW mixed AS WITH heavy AS MATERIALIZED (SELECT * FROM nodes WHERE weight > 1), light AS (SELECT * FROM nodes WHERE weight <= 1) SELECT 'heavy' AS what, count(*) AS n FROM heavy UNION ALL SELECT 'light', count(*) FROM light;
COMMENT ON VIEW tree IS 'with depth';
CREATE VIEW deep AS SELECT max(depth) AS depth FROM tree;
