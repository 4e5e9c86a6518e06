CREATE TABLE t (id integer PRIMARY KEY, parent integer, name text);
CREATE RECURSIVE VIEW tree (id, depth) AS SELECT id, 1 FROM t WHERE parent IS NULL UNION ALL SELECT t.id, depth + 1 FROM t JOIN tree ON t.parent = tree.id;
CREATE VIEW grouped AS SELECT id, name FROM t GROUP BY id;
