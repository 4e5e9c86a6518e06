CREATE EXTENSION pg_trgm;
CREATE TABLE t (a integer, b text, c text[], d tsvector, e point, f jsonb, g timestamptz);
CREATE INDEX i1 ON t (a DESC NULLS LAST); CREATE INDEX i2 ON t (b COLLATE "C" text_pattern_ops, a NULLS FIRST); CREATE INDEX i3 ON t (upper(b)) WHERE a > 6;
CREATE INDEX i4 ON t USING gin (c) WITH (fastupdate = on); CREATE INDEX i5 ON t USING spgist (e);
CREATE INDEX i6 ON t USING brin (g) WITH (pages_per_range = 32, autosummarize = on); CREATE INDEX i7 ON t USING hash (b) WITH (fillfactor = 60);
CREATE UNIQUE INDEX i8 ON t (a, b) NULLS NOT DISTINCT; CREATE INDEX i9 ON t USING gist (b gist_trgm_ops (siglen = 32)); CREATE INDEX i10 ON t USING gin (f);
CREATE INDEX i11 ON t USING gist (d); CREATE INDEX i12 ON t ((a + 1)); ALTER INDEX i12 ALTER COLUMN 1 SET STATISTICS 100; CREATE INDEX i13 ON t (a);
COMMENT ON INDEX i1 IS 'uno';
