INSERT INTO t VALUES ('b',1),('a',2);
