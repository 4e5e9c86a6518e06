INSERT INTO old.t (e, d) VALUES ('a', 'x'); INSERT INTO stays VALUES (1, NULL, 'b', 3);
