CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE TYPE pair AS (a positive, b text);
CREATE TYPE outer_pair AS (inner_pair pair);
CREATE TABLE t (id integer, p outer_pair);
