CREATE TABLE orders (id integer PRIMARY KEY, parent integer REFERENCES orders) PARTITION BY RANGE (id);
CREATE TABLE orders_low PARTITION OF orders FOR VALUES FROM (0) TO (10);
CREATE TABLE orders_high PARTITION OF orders FOR VALUES FROM (10) TO (20) PARTITION BY LIST (id);
CREATE TABLE orders_high_rest PARTITION OF orders_high DEFAULT;
CREATE TABLE lines (order_id integer REFERENCES orders);
