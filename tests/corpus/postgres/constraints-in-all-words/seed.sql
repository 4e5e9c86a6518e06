INSERT INTO p VALUES (1, 1, 2); INSERT INTO t VALUES (1, 1, 2, '[1,3)', 1), (1, 1, 2, '[3,5)', NULL);
