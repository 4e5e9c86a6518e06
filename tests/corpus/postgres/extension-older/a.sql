CREATE EXTENSION pg_trgm VERSION '1.3'; COMMENT ON EXTENSION pg_trgm IS 'the old one'; CREATE TABLE t (name text);
