INSERT INTO visit VALUES (1, 5), (2, 10), (3, 30), (4, NULL);
INSERT INTO fruit VALUES ('apple', 1), ('apricot', 2), ('fig', 3);
INSERT INTO berry VALUES (NULL, 4), ('it''s', 5), ('x', 6);
INSERT INTO pair VALUES (1, 'a'), (1, 'b'), (1, 'd'), (2, ''), (2, 'z');
INSERT INTO half VALUES (0), (19), (20), (29), (30), (49), (50), (NULL);
INSERT INTO holds VALUES (1, 'a');
INSERT INTO late_1 VALUES (1); INSERT INTO late VALUES (2);
INSERT INTO many SELECT n, n FROM generate_series(1, 100) n;
