INSERT INTO t VALUES (1, 'A', 'b', 'C', 'd'); INSERT INTO u VALUES ('x', '{y}');
