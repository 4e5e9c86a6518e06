CREATE TABLE t (id numeric NOT NULL, n text);
