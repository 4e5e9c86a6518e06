INSERT INTO o VALUES (1, 5); INSERT INTO t (id, gone, other, third) VALUES (1, 5, 6, 'x');
