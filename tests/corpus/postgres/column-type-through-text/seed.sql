INSERT INTO t VALUES (1, '12', '34', 1, '2020-01-01', '{"a":1}', false, '10.0.0.1', '{1,2}'), (2, NULL, '5', 0, NULL, NULL, NULL, NULL, NULL);
