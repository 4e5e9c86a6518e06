CREATE DOMAIN positive AS integer;
CREATE TYPE pair AS (a positive, b text);
CREATE TYPE outer_pair AS (inner_pair pair);
CREATE TABLE t (id integer, p outer_pair);
