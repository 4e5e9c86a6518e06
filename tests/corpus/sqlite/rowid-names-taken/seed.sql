INSERT INTO t VALUES ('r',1);
INSERT INTO u VALUES ('r','o','q',1);
