INSERT INTO categories (name) VALUES ('a'), ('b'); INSERT INTO products (category_id, name, price, tags) VALUES (1, 'p', 1, 'x'); INSERT INTO reviews (product_id, stars) VALUES (1, 5);
