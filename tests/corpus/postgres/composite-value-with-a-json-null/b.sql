CREATE TYPE ct AS (n integer, j json, z text);
CREATE TABLE t (id integer, c ct);
