INSERT INTO t (id, n, p, b, r, bn) VALUES (1, 'z', '(1,2)', 'a', '[1,5)', 'x'); INSERT INTO date VALUES ('2020-01-01', 'b');
