CREATE TABLE t (id integer, a integer, b integer, CONSTRAINT u UNIQUE (a));
CREATE INDEX i ON t (b);
ALTER TABLE t OWNER TO alice;
GRANT SELECT (a, b) ON t TO app_ro;
