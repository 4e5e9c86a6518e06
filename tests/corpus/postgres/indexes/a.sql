CREATE EXTENSION pg_trgm;
CREATE TABLE t (a integer, b text, c text[], d tsvector, e point, f jsonb, g timestamptz);
CREATE INDEX i1 ON t (a); CREATE INDEX i2 ON t (b text_pattern_ops, a DESC); CREATE INDEX i3 ON t (lower(b)) WHERE a > 5;
CREATE INDEX i4 ON t USING gin (c) WITH (fastupdate = off); CREATE INDEX i5 ON t USING gist (e) WITH (buffering = on);
CREATE INDEX i6 ON t USING brin (g) WITH (pages_per_range = 16); CREATE INDEX i7 ON t USING hash (b);
CREATE UNIQUE INDEX i8 ON t (a, b) INCLUDE (g); CREATE INDEX i9 ON t USING gin (b gin_trgm_ops); CREATE INDEX i10 ON t USING gin (f jsonb_path_ops);
CREATE INDEX i11 ON t USING gist (d tsvector_ops (siglen = 100)); CREATE INDEX i12 ON t ((a + 1)); ALTER INDEX i12 ALTER COLUMN 1 SET STATISTICS 300;
COMMENT ON INDEX i1 IS 'one';
