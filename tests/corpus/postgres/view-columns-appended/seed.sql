INSERT INTO customers (name, email) VALUES ('Ada', 'ada@example.org'), ('Bob', NULL);
INSERT INTO invoices VALUES (1, 1, 10.50, false), (2, 2, 3, true), (3, 1, 4, false);
REFRESH MATERIALIZED VIEW owed;
