CREATE TABLE t (id integer);
ALTER SCHEMA public OWNER TO bob;
GRANT USAGE ON SCHEMA public TO alice;
