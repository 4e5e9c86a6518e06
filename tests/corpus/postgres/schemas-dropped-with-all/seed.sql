INSERT INTO legacy.p VALUES (1, '2024-02-02', 'a', '(1,b)'), (2, '2030-01-01', 'b', NULL); INSERT INTO legacy.q (d) VALUES ('x'); INSERT INTO keep VALUES (1, 'a', 1, now()), (2, 'b', NULL, NULL);
