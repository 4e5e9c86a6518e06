INSERT INTO t VALUES (1, 'b', '{c}', 'd', '(1,2)', '{}', '2020-01-01');
