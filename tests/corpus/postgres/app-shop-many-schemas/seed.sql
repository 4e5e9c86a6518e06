INSERT INTO shop.customers (email, name) VALUES ('a@b', 'A');
INSERT INTO shop.products VALUES ('x', 'X', 100, '{}');
INSERT INTO shop.orders (customer) VALUES (1); INSERT INTO shop.lines SELECT number, 1, 'x', 2 FROM shop.orders;
INSERT INTO billing.invoices SELECT 1, number, 2.38, '2020-01-01' FROM shop.orders;
REFRESH MATERIALIZED VIEW billing.by_customer;
