CREATE TABLE p (id integer, at date) PARTITION BY RANGE (at);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE parent (a integer);
CREATE TABLE child (b integer) INHERITS (parent);
GRANT SELECT ON p TO app_ro;
GRANT SELECT (id) ON p1 TO app_ro;
ALTER TABLE p1 OWNER TO alice;
