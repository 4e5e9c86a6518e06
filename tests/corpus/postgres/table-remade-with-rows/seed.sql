INSERT INTO r VALUES (1); INSERT INTO t (k, m, d, r, note) VALUES (1, 'sad', 1.25, 1, 'x'), (20, 'ok', 2.5, NULL, 'y'), (5, NULL, 3, 1, NULL); INSERT INTO c VALUES (1), (2);
