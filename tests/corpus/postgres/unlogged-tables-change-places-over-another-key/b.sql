CREATE TABLE base (id integer PRIMARY KEY);
CREATE UNLOGGED TABLE one (id integer PRIMARY KEY, ref integer);
CREATE TABLE two (id integer PRIMARY KEY);
ALTER TABLE one ADD CONSTRAINT one_ref FOREIGN KEY (ref) REFERENCES two (id);
