INSERT INTO users (login) VALUES ('Ada'); INSERT INTO threads (author, title) SELECT id, 'x' FROM users; INSERT INTO replies (thread, author, body) SELECT 1, id, 'y' FROM users;
