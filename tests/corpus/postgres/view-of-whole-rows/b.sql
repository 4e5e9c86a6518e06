CREATE TYPE money_pair AS (amount numeric, currency text);
CREATE TABLE orders (id bigint PRIMARY KEY, who varchar(99), price money_pair, placed date);
CREATE VIEW raw AS SELECT o FROM orders o WHERE o IS NOT NULL;
CREATE VIEW parts AS SELECT o.who, (o.price).* FROM orders o WHERE (o.price).amount > 0;
CREATE VIEW as_json AS SELECT to_jsonb(o) AS row, row_to_json(o.*) AS json FROM orders o;
CREATE VIEW counted AS SELECT count(o.*) AS n, array_agg(o ORDER BY o.id) AS rows FROM orders o;
CREATE FUNCTION label(o orders) RETURNS text LANGUAGE sql STABLE RETURN o.who || ' ' || o.id::text;
CREATE VIEW labelled AS SELECT o.id, o.label FROM orders o;
COMMENT ON FUNCTION label(orders) IS 'as a column';
