CREATE SCHEMA old; CREATE SCHEMA fresh;
CREATE TYPE fresh.state AS ENUM ('on', 'off'); CREATE DOMAIN fresh.positive AS integer CHECK (VALUE > 0); CREATE SEQUENCE fresh.numbers;
CREATE FUNCTION fresh.twice(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT n * 2 $$;
CREATE TABLE items (id integer PRIMARY KEY DEFAULT nextval('fresh.numbers'), state fresh.state DEFAULT 'on', n fresh.positive, states fresh.state[], doubled integer GENERATED ALWAYS AS (fresh.twice(id)) STORED, CHECK (fresh.twice(n) < 100));
CREATE INDEX items_twice ON items (fresh.twice(id));
CREATE VIEW v AS SELECT id, state, fresh.twice(id) AS twice FROM items;
