INSERT INTO t (id, "Amount", label) VALUES (1, 2.5, 'one'), (2, NULL, 'two');
