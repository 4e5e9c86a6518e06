CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TABLE t (id integer PRIMARY KEY, m mood DEFAULT 'ok', ms mood[], n mood); CREATE TABLE u (m mood PRIMARY KEY, g text GENERATED ALWAYS AS (CASE WHEN m = 'ok' THEN 'y' ELSE 'n' END) STORED);
CREATE TABLE r (m mood REFERENCES u); CREATE MATERIALIZED VIEW mv AS SELECT m FROM t;
CREATE TABLE dropped (m mood); CREATE TABLE p (m mood, k integer) PARTITION BY LIST (k); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
