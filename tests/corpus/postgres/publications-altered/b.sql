CREATE SCHEMA pub;
CREATE TABLE t (id bigint PRIMARY KEY, a varchar(50), b integer); CREATE TABLE pub.u (id integer PRIMARY KEY, c text); CREATE TABLE pub.x (id integer PRIMARY KEY, y date);
CREATE PUBLICATION everything FOR TABLE t;
CREATE PUBLICATION some_of FOR TABLE t, pub.x WITH (publish = 'delete', publish_via_partition_root);
CREATE PUBLICATION filtered FOR TABLE t (id, b) WHERE (id > 5) WITH (publish = 'insert');
CREATE PUBLICATION schemas FOR TABLES IN SCHEMA pub, public;
CREATE PUBLICATION mixed FOR TABLE t, pub.u;
CREATE PUBLICATION empty FOR ALL TABLES WITH (publish = 'truncate');
COMMENT ON PUBLICATION some_of IS 'some others'; COMMENT ON PUBLICATION filtered IS 'filtered'; COMMENT ON PUBLICATION empty IS 'not any more';
