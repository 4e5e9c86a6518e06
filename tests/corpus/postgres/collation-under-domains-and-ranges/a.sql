CREATE COLLATION de (provider = icu, locale = 'de');
CREATE DOMAIN label AS text COLLATE de CHECK (VALUE <> '');
CREATE TYPE span AS RANGE (subtype = text, collation = de);
CREATE TYPE pair AS (name text COLLATE de, n integer);
CREATE TABLE t (id integer PRIMARY KEY, l label, s span, p pair, own text COLLATE de);
CREATE INDEX t_l ON t (l); CREATE INDEX t_s ON t USING gist (s); CREATE INDEX t_own ON t (own, l);
ALTER TABLE t ADD CHECK (own > 'a'), ADD CHECK ((p).n > 0);
CREATE VIEW v AS SELECT l, s, (p).name, own FROM t ORDER BY own;
COMMENT ON COLUMN t.l IS 'label'; COMMENT ON COLLATION de IS 'German';
