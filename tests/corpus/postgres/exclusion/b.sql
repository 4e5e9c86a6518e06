CREATE EXTENSION btree_gist;
CREATE TABLE t (room integer, during tsrange, CONSTRAINT apart EXCLUDE USING gist (room WITH =, during WITH &&) WHERE (room > 3) DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE plain (room integer, during tsrange, EXCLUDE USING gist (during WITH &&));
COMMENT ON CONSTRAINT apart ON t IS 'no two';
