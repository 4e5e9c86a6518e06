CREATE TABLE t (id integer);
ALTER SCHEMA public OWNER TO alice;
GRANT USAGE ON SCHEMA public TO app_ro;
