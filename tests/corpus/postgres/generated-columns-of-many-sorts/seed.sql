INSERT INTO t (id, first, last, price, qty, doc, plain) VALUES (1, 'a', 'b', 2, 3, '{"k": "x"}', 5);
