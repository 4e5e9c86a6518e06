INSERT INTO docs (id, title, body) VALUES (1, 'A title', 'some words');
