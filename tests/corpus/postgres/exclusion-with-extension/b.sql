CREATE EXTENSION btree_gist;
CREATE TABLE t (room integer, during tsrange, EXCLUDE USING gist (room WITH =, during WITH &&));
CREATE INDEX t_room ON t USING gist (room);
