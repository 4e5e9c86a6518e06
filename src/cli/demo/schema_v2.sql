-- What every tenant should become: a column, a check (for which SQLite must rebuild the table), an index and a view.

CREATE TABLE customers (
    id         INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    email      TEXT,
    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    phone      TEXT
);

CREATE TABLE orders (
    id          INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    total_cents INTEGER NOT NULL CHECK (total_cents >= 0),
    state       TEXT NOT NULL DEFAULT 'open'
);

CREATE INDEX orders_by_customer ON orders (customer_id);
CREATE INDEX customers_by_email ON customers (email);

CREATE VIEW open_orders AS
    SELECT orders.id, customers.name, orders.total_cents
    FROM orders JOIN customers ON customers.id = orders.customer_id
    WHERE orders.state = 'open';
