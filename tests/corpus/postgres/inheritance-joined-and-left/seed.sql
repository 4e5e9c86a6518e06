INSERT INTO joins VALUES (1, 'a', 'b'); INSERT INTO leaves VALUES (1, 'a', 'b');
