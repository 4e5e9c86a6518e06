INSERT INTO t VALUES (1, 'one', 1), (2, 'two', NULL);
