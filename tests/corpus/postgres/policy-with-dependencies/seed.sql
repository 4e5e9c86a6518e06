INSERT INTO t VALUES (1, 'x', 'd', 'happy', 4); INSERT INTO members VALUES (4, 'me');
