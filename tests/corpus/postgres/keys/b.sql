CREATE TABLE t (a integer NOT NULL, b integer, c text, d text, CONSTRAINT other_name PRIMARY KEY (a, b), CONSTRAINT t_bc UNIQUE NULLS NOT DISTINCT (b) INCLUDE (c), CONSTRAINT t_d UNIQUE (d), CONSTRAINT filled UNIQUE (a, b) WITH (fillfactor = 50));
CREATE TABLE nokey (a integer PRIMARY KEY, b integer NOT NULL UNIQUE);
