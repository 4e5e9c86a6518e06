INSERT INTO part VALUES (1, '1');
INSERT INTO slot VALUES (1, '1', 'x'), (2, '2', 'y');
INSERT INTO refers VALUES (1, '1');
