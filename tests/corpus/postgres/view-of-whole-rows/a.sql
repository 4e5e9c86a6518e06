CREATE TYPE money_pair AS (amount numeric, currency text);
CREATE TABLE orders (id integer PRIMARY KEY, who text, price money_pair);
CREATE VIEW raw AS SELECT o FROM orders o;
CREATE VIEW parts AS SELECT (o.price).amount, (o.price).currency, o.who FROM orders o;
CREATE VIEW as_json AS SELECT to_jsonb(o) AS row, row_to_json(o.*) AS json FROM orders o;
CREATE VIEW counted AS SELECT count(o.*) AS n, array_agg(o ORDER BY o.id) AS rows FROM orders o;
CREATE FUNCTION label(o orders) RETURNS text LANGUAGE sql STABLE RETURN o.who || o.id::text;
CREATE VIEW labelled AS SELECT o.id, o.label FROM orders o;
COMMENT ON FUNCTION label(orders) IS 'as a column';
