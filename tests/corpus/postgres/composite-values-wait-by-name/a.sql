CREATE TYPE place AS (street text, number integer, note text);
CREATE TYPE house AS (at place, floors integer);
CREATE TABLE t (id integer, lives place, lived place[], owns house) PARTITION BY RANGE (id);
CREATE TABLE t_all PARTITION OF t DEFAULT;
