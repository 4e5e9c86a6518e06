INSERT INTO t VALUES (1, 5, '(7,EUR)', '[1,5)', '(8,USD)', '{1,2}');
