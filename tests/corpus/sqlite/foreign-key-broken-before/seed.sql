INSERT INTO c VALUES (1,99,'orphan');
