CREATE TABLE t (id integer, name text, secret text);
GRANT SELECT (id, name) ON t TO app_ro;
GRANT UPDATE (name) ON t TO app_rw WITH GRANT OPTION;
