INSERT INTO t VALUES (1, 'x', 2); INSERT INTO uses_domain VALUES (7);
