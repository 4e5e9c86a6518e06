INSERT INTO items (n, states) VALUES (3, '{on,off}'), (4, NULL);
