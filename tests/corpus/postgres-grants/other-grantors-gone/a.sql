CREATE TABLE t (id integer, name text);
GRANT SELECT (name), UPDATE (name) ON t TO app_rw WITH GRANT OPTION;
SET ROLE app_rw;
GRANT SELECT (name) ON t TO app_ro;
RESET ROLE;
