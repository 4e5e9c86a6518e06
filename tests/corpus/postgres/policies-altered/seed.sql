INSERT INTO t VALUES (1, 'x', true), (2, 'y', false);
