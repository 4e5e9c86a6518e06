INSERT INTO parent VALUES (1); INSERT INTO child VALUES (2, 'a', 3); INSERT INTO child2 VALUES (3, 'x', 4);
