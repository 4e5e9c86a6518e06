CREATE TABLE g (a int, b text);
CREATE TABLE p (c int) INHERITS (g);
CREATE TABLE q (b text, d int) INHERITS (g);
CREATE INDEX ON p (a);
CREATE VIEW v AS SELECT a, b FROM q;
