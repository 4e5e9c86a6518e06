CREATE DOMAIN small AS integer CHECK (VALUE < 1000);
CREATE TYPE inner_one AS (note text, a small);
CREATE TYPE outer_one AS (note text, b inner_one);
CREATE TABLE t (id integer, smalls small[]);
