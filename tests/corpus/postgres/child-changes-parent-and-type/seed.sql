INSERT INTO child (id, at, n) VALUES (2, '2020-01-01', 3); INSERT INTO checked (id, n) VALUES (1, 2);
