CREATE TABLE t (id integer, name text);
CREATE SEQUENCE s OWNED BY t.id;
ALTER TABLE t OWNER TO alice;
GRANT SELECT ON t TO bob;
GRANT SELECT (name) ON t TO bob;
GRANT USAGE ON SEQUENCE s TO bob, app_ro;
