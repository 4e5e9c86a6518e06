INSERT INTO t (id, i, d, matrix, n) VALUES (1, '{1,2}', '{3}', '{{1,2},{3,4}}', '{1.5}'), (2, NULL, NULL, NULL, NULL);
