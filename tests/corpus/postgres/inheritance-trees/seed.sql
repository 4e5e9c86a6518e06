INSERT INTO base VALUES (2, 'a'); INSERT INTO mid VALUES (3, 'b', 1); INSERT INTO leaf (id, name, own) VALUES (4, 'c', 'o'); INSERT INTO other VALUES (5, 'd');
