INSERT INTO parent VALUES (1); INSERT INTO child (id, n) VALUES (2, 3);
