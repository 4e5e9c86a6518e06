INSERT INTO t VALUES (1, 'x', '[a,c]', '(n,1)', 'z');
