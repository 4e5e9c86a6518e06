CREATE TABLE base (id integer PRIMARY KEY);
CREATE TABLE one (id integer PRIMARY KEY, ref integer);
CREATE UNLOGGED TABLE two (id integer PRIMARY KEY);
ALTER TABLE one ADD CONSTRAINT one_ref FOREIGN KEY (ref) REFERENCES base (id);
