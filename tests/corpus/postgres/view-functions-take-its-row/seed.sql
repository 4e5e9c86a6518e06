INSERT INTO t VALUES (1, 'a', 'b'); INSERT INTO holds VALUES (1, 'x', NULL);
