CREATE TYPE pair AS (a bigint, b text); CREATE TABLE t (id integer PRIMARY KEY, p pair);
