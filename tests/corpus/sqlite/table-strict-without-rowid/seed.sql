INSERT INTO t VALUES ('b','c'),('a','d');
