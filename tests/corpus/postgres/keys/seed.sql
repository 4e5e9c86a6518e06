INSERT INTO t VALUES (1, 2, 'c', 'd'), (2, 3, 'e', NULL); INSERT INTO nokey VALUES (1, 1);
