INSERT INTO t VALUES (1, 'new', 2, 'a'); INSERT INTO u VALUES ('x');
