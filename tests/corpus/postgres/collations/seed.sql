INSERT INTO t VALUES (1, 'a', 'b', 'c', '{x,y}'), (2, 'a10', 'b2', NULL, NULL);
