CREATE SCHEMA extra;
CREATE TABLE extra.t (id integer);
GRANT USAGE ON SCHEMA extra TO app_ro;
GRANT SELECT ON extra.t TO app_ro;
