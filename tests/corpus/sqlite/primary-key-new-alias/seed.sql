INSERT INTO t (rowid, a) VALUES (3,'x'),(7,'y');
