CREATE TABLE t (room integer, during tsrange);
