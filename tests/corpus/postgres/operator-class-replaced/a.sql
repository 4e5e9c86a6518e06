CREATE FUNCTION int_cmp(int, int) RETURNS int LANGUAGE sql IMMUTABLE RETURN CASE WHEN $1 < $2 THEN -1 WHEN $1 > $2 THEN 1 ELSE 0 END;
CREATE FUNCTION int_sort(internal) RETURNS void LANGUAGE internal IMMUTABLE STRICT AS 'btint4sortsupport';
CREATE FUNCTION hash_it(int) RETURNS int LANGUAGE sql IMMUTABLE RETURN $1;
CREATE OPERATOR FAMILY numbers USING btree;
CREATE OPERATOR CLASS ints FOR TYPE int USING btree FAMILY numbers AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 int_cmp(int, int);
ALTER OPERATOR FAMILY numbers USING btree ADD OPERATOR 1 < (int, bigint), OPERATOR 3 = (int, bigint);
CREATE OPERATOR CLASS points FOR TYPE point USING gist AS OPERATOR 1 <<, OPERATOR 15 <-> (point, point) FOR ORDER BY float_ops,
  FUNCTION 1 gist_point_consistent(internal, point, smallint, oid, internal), FUNCTION 2 gist_box_union(internal, internal),
  FUNCTION 3 gist_point_compress(internal), FUNCTION 5 gist_box_penalty(internal, internal, internal),
  FUNCTION 6 gist_box_picksplit(internal, internal), FUNCTION 7 gist_box_same(box, box, internal),
  FUNCTION 8 gist_point_distance(internal, point, smallint, oid, internal), STORAGE box;
CREATE OPERATOR CLASS hashes FOR TYPE int USING hash AS OPERATOR 1 =, FUNCTION 1 hash_it(int);
CREATE TABLE t (a int, p point, EXCLUDE USING hash (a hashes WITH =));
CREATE INDEX t_a ON t (a ints);
CREATE INDEX t_p ON t USING gist (p points);
COMMENT ON INDEX t_a IS 'leans on the class';
COMMENT ON OPERATOR CLASS ints USING btree IS 'whole numbers';
