INSERT INTO node (above, note, hidden, k) VALUES (NULL, 'one', false, 1), (1, 'two', true, 1), (2, 'three', false, 1);
INSERT INTO leaf VALUES (1, 1, 1), (2, 3, 1); INSERT INTO twig VALUES (2, 1), (NULL, 5);
INSERT INTO left_one VALUES (1, NULL); INSERT INTO right_one VALUES (1, 1), (2, NULL); UPDATE left_one SET other = 2;
INSERT INTO parent VALUES (1, 'p'); INSERT INTO child VALUES (2, 'c'); INSERT INTO grandchild VALUES (3, 'g');
INSERT INTO "odd ""one" ("a b", s, j) VALUES (ARRAY[1, NULL], 'x', '{"a": 1}'), (ARRAY[3, 4], 'y', NULL);
REFRESH MATERIALIZED VIEW kept;
