INSERT INTO parent VALUES (1, 'a', NULL);
INSERT INTO child VALUES (1, 'x', 7);
