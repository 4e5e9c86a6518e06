CREATE TABLE t (id integer, name text, secret text);
GRANT SELECT (id) ON t TO app_ro WITH GRANT OPTION;
GRANT INSERT (name, secret) ON t TO app_rw;
GRANT SELECT (ctid) ON t TO bob;
