INSERT INTO staff VALUES (1, 'A', 'B', 10, NULL), (2, 'C', 'D', 5, 1);
