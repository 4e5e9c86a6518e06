INSERT INTO parts VALUES (1, 1, 'a'), (1, 11, 'b');
