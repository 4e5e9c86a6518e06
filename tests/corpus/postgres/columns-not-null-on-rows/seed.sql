INSERT INTO t VALUES (1, 'a', 2, 'c', 'd', 1); INSERT INTO parent VALUES (1, 1); INSERT INTO child VALUES (2, 2);
