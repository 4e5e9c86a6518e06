INSERT INTO p VALUES ('k', 'x'); INSERT INTO child VALUES ('n'); INSERT INTO t VALUES ('d', '[a,b)'); INSERT INTO own VALUES ('a');
