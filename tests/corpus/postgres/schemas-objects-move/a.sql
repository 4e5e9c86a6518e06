CREATE SCHEMA old; CREATE SCHEMA fresh;
CREATE TYPE old.state AS ENUM ('on', 'off'); CREATE DOMAIN old.positive AS integer CHECK (VALUE > 0); CREATE SEQUENCE old.numbers;
CREATE FUNCTION old.twice(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT n * 2 $$;
CREATE TABLE items (id integer PRIMARY KEY DEFAULT nextval('old.numbers'), state old.state DEFAULT 'on', n old.positive, states old.state[], doubled integer GENERATED ALWAYS AS (old.twice(id)) STORED, CHECK (old.twice(n) < 100));
CREATE INDEX items_twice ON items (old.twice(id));
CREATE VIEW v AS SELECT id, state, old.twice(id) AS twice FROM items;
