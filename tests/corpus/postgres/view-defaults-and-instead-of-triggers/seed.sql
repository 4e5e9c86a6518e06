INSERT INTO accounts VALUES (1, 'root');
