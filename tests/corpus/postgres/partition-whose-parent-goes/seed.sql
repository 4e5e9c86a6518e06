INSERT INTO big VALUES (1, 1, '1', 'x');
