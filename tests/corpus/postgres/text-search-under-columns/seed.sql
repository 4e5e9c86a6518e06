INSERT INTO page (id, body) VALUES (1, 'running shoes'), (2, NULL);
