CREATE DOMAIN cents AS bigint CHECK (VALUE >= 0);
CREATE TYPE price AS (amount cents, currency char(3));
CREATE TYPE range_of_cents AS RANGE (subtype = cents);
CREATE DOMAIN fare AS price CHECK ((VALUE).currency <> '');
CREATE TABLE t (id integer PRIMARY KEY, c cents NOT NULL DEFAULT 5, p price, r range_of_cents, f fare, many cents[]);
CREATE INDEX t_c ON t (c);
CREATE FUNCTION in_euro(price) RETURNS cents LANGUAGE sql IMMUTABLE AS 'SELECT ($1).amount';
CREATE VIEW v AS SELECT id, c, (p).amount, in_euro(p) FROM t;
COMMENT ON COLUMN t.p IS 'price'; COMMENT ON DOMAIN cents IS 'more cents'; COMMENT ON COLUMN price.amount IS 'in cents';
