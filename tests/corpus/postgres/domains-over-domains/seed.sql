INSERT INTO t VALUES (1, 'b', 'abc', 'sh', 2, '{1,2}', 0.5, '{0.1}');
