INSERT INTO t (id, a) VALUES (1, 'x'); INSERT INTO d VALUES ('f');
