CREATE COLLATION de (provider = icu, locale = 'de-AT');
CREATE DOMAIN label AS text COLLATE de;
CREATE TYPE item AS (id integer, name label);
CREATE TABLE items OF item (id WITH OPTIONS PRIMARY KEY);
CREATE TABLE boxes (id integer, items item[]);
COMMENT ON TABLE items IS 'items';
