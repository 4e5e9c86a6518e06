CREATE TABLE t (id integer PRIMARY KEY, a text COLLATE "C", b text, c varchar(10));
CREATE INDEX t_a ON t (a); CREATE INDEX t_b ON t (b COLLATE "C"); CREATE VIEW v AS SELECT a FROM t ORDER BY a;
