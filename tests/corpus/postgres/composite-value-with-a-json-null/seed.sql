INSERT INTO t VALUES (1, ROW('null', 1));
