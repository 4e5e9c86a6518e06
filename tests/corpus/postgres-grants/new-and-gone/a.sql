CREATE TABLE a (id serial, name text);
CREATE VIEW va AS SELECT id FROM a;
CREATE SCHEMA sa;
CREATE TABLE sa.t (id integer);
GRANT SELECT ON a, va, sa.t TO app_ro;
GRANT USAGE ON SEQUENCE a_id_seq TO app_rw;
GRANT SELECT (name) ON a TO bob;
ALTER TABLE a OWNER TO alice;
GRANT USAGE ON SCHEMA sa TO app_ro;
