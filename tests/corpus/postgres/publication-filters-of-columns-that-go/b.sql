CREATE SCHEMA s;
CREATE TABLE t (id integer PRIMARY KEY, a varchar(10), c bigint); CREATE TABLE s.u (id bigint PRIMARY KEY, a text);
CREATE TABLE p (id integer, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE PUBLICATION rows_of FOR TABLE t (id, a) WHERE (c > 1), s.u WHERE (id > 5) WITH (publish = 'insert');
CREATE PUBLICATION parts FOR TABLES IN SCHEMA s WITH (publish_via_partition_root = true);
CREATE PUBLICATION one_part FOR TABLE p, p1;
COMMENT ON PUBLICATION parts IS 'schema';
