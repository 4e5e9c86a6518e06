INSERT INTO teams VALUES (1, 'a'); INSERT INTO files VALUES (1, 1, '/');
