INSERT INTO tenants VALUES (1, 'a'); INSERT INTO users VALUES (1, 1, 'a@x'), (2, 1, 'b@x'); INSERT INTO posts VALUES (1, 1, 'a@x'); INSERT INTO likes VALUES (1, 2);
