CREATE FUNCTION fine(n integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT n >= 0';
CREATE DOMAIN fine_number AS integer DEFAULT 1 CONSTRAINT fine CHECK (fine(VALUE)) CONSTRAINT small CHECK (VALUE < 1000);
CREATE TYPE pair AS (a fine_number, b fine_number);
CREATE TABLE t (id fine_number PRIMARY KEY, many fine_number[], p pair);
CREATE TABLE u (t fine_number REFERENCES t);
CREATE FUNCTION takes(fine_number) RETURNS fine_number LANGUAGE sql AS 'SELECT $1';
COMMENT ON CONSTRAINT fine ON DOMAIN fine_number IS 'fine'; COMMENT ON DOMAIN fine_number IS 'number';
