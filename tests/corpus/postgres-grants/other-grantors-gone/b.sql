CREATE TABLE t (id integer, name text);
GRANT SELECT (name) ON t TO app_rw;
