INSERT INTO t VALUES (1, 'a', 'B', 'c'), (2, 'A', 'b', NULL);
