INSERT INTO s.t (id, c) VALUES (1, 1);
