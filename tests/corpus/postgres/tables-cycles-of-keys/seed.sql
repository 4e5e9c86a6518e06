BEGIN; INSERT INTO departments VALUES (1, 1, 'd'); INSERT INTO employees VALUES (1, 1, 1), (2, 1, 1); COMMIT; INSERT INTO lonely VALUES (7);
