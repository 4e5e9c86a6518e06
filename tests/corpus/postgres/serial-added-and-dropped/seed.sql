INSERT INTO t (name) VALUES ('a'), ('b'); INSERT INTO u VALUES (5, 6), (7, 8);
