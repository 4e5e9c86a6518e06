INSERT INTO owners VALUES (1, 'a', NULL), (2, 'b', 1);
INSERT INTO pets VALUES (1, 1, 'a');
INSERT INTO visits VALUES (1, '2024-01-01');
