INSERT INTO t (id, a, b) VALUES (1, 'x', 10), (5, 'y', 20), (9, NULL, NULL);
