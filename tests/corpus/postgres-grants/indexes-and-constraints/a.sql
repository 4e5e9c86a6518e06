CREATE TABLE t (id integer PRIMARY KEY, a integer);
CREATE INDEX i ON t (a);
ALTER TABLE t OWNER TO alice;
GRANT SELECT (a) ON t TO app_ro;
