INSERT INTO nodes VALUES (1, NULL, 'root', 1), (2, 1, 'a', 5), (3, 1, 'b', 2);
