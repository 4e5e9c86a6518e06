CREATE TABLE p (a integer NOT NULL, b integer NOT NULL, c integer, d integer NOT NULL);
CREATE TABLE c1 (b integer NOT NULL) INHERITS (p);
CREATE TABLE c2 () INHERITS (p);
CREATE TABLE q (k integer NOT NULL, v integer) PARTITION BY RANGE (k);
CREATE TABLE q1 PARTITION OF q FOR VALUES FROM (0) TO (10);
CREATE TABLE q2 (k integer CONSTRAINT q_k_not_null NOT NULL, v integer NOT NULL); ALTER TABLE q ATTACH PARTITION q2 FOR VALUES FROM (10) TO (20);
CREATE TABLE q3 (k integer NOT NULL, v integer NOT NULL);
CREATE TABLE par (n text NOT NULL, m text); CREATE TABLE kid (n text) INHERITS (par); CREATE TABLE of_kid () INHERITS (kid); CREATE TABLE other_kid (n text, m text NOT NULL) INHERITS (par);
