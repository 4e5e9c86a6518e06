INSERT INTO t (id, a, d) VALUES (1, 2, 3), (4, 5, 6);
