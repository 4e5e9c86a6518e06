INSERT INTO p VALUES (1, 'x', 3); INSERT INTO c VALUES (2, 'y', 4, 'e'); INSERT INTO g VALUES (5, 'z', 6, 'f');
