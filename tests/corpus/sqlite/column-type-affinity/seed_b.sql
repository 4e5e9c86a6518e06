INSERT INTO t VALUES (1,'x','not a number'),(2,'y','12');
