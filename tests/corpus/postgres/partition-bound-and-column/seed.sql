INSERT INTO p VALUES (1, 2, 'a'), (13, 14, 'b'), (20, 3, 'c');
