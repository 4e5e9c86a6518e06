INSERT INTO docs VALUES (1, 'a', 'b', false), (2, 'c', 'd', true);
