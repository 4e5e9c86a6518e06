CREATE TYPE ct AS (j json, n integer);
CREATE TABLE t (id integer, c ct) PARTITION BY RANGE (id);
CREATE TABLE t1 PARTITION OF t DEFAULT;
