INSERT INTO orders VALUES (1, 'open', 'c', 1, 2);
