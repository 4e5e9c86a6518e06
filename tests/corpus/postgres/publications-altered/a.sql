CREATE SCHEMA pub;
CREATE TABLE t (id integer PRIMARY KEY, a text, b integer); CREATE TABLE pub.u (id integer PRIMARY KEY, c text); CREATE TABLE pub.w (id integer PRIMARY KEY);
CREATE PUBLICATION everything FOR ALL TABLES;
CREATE PUBLICATION some_of FOR TABLE t, pub.u WITH (publish = 'insert, update');
CREATE PUBLICATION filtered FOR TABLE t (id, a) WHERE (b > 5 AND a IS NOT NULL) WITH (publish = 'insert');
CREATE PUBLICATION schemas FOR TABLES IN SCHEMA pub;
CREATE PUBLICATION mixed FOR TABLES IN SCHEMA pub, TABLE t;
CREATE PUBLICATION empty;
COMMENT ON PUBLICATION some_of IS 'some'; COMMENT ON PUBLICATION filtered IS 'filtered';
