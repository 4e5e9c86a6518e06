CREATE TABLE links (low integer, high integer);
CREATE VIEW ways AS WITH RECURSIVE way(at, steps) AS (SELECT 1, 0 UNION ALL SELECT high, steps + 1 FROM way JOIN links ON low = at) CYCLE at SET is_round USING path SELECT at, is_round FROM way;
