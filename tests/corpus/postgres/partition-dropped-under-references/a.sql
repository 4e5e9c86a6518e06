CREATE TABLE orders (id integer PRIMARY KEY, parent integer REFERENCES orders) PARTITION BY RANGE (id);
CREATE TABLE orders_low PARTITION OF orders FOR VALUES FROM (0) TO (10);
CREATE TABLE lines (order_id integer REFERENCES orders);
