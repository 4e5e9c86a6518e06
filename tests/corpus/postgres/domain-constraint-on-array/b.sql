CREATE DOMAIN positive AS integer CHECK (VALUE > 0) CONSTRAINT less CHECK (VALUE < 1000); CREATE TABLE t (id integer PRIMARY KEY, ns positive[]);
