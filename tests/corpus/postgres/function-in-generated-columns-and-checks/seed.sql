INSERT INTO pages (id, title) VALUES (1, 'A b'); INSERT INTO links VALUES ('a-b');
