CREATE TABLE t (id integer PRIMARY KEY, a text); CREATE VIEW v AS SELECT a FROM t; CREATE TABLE c (id integer);
