INSERT INTO t VALUES (1, 'happy', '{happy,NULL}'), (2, 'ok', NULL);
