CREATE TABLE p (id integer, at date) PARTITION BY RANGE (at);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE parent (a integer);
CREATE TABLE child (b integer) INHERITS (parent);
GRANT SELECT ON p, p1 TO app_rw;
ALTER TABLE p OWNER TO bob;
GRANT SELECT (a) ON child TO app_ro;
ALTER TABLE child OWNER TO alice;
