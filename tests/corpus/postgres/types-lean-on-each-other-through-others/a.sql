CREATE DOMAIN small AS integer CHECK (VALUE < 100);
CREATE TYPE inner_one AS (note text);
CREATE TYPE outer_one AS (a small, note text);
CREATE TABLE t (id integer, smalls small[]);
