INSERT INTO t VALUES (1, 'a', 'b', '{}', 'd', 1); INSERT INTO p VALUES (1, 'x');
