CREATE EXTENSION btree_gist;
CREATE TABLE t (room integer, during tsrange, EXCLUDE USING gist (room WITH =, during WITH &&));
CREATE TABLE plain (room integer, during tsrange);
