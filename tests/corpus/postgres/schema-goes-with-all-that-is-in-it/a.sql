CREATE SCHEMA old; COMMENT ON SCHEMA old IS 'leaves';
CREATE TYPE old.e AS ENUM ('a', 'b'); CREATE DOMAIN old.d AS text CHECK (VALUE <> ''); CREATE SEQUENCE old.s;
CREATE FUNCTION old.f(old.e) RETURNS old.d LANGUAGE sql IMMUTABLE AS 'SELECT $1::text::old.d';
CREATE TABLE old.t (id integer PRIMARY KEY DEFAULT nextval('old.s'), e old.e, d old.d);
CREATE VIEW old.v AS SELECT old.f(e) AS x FROM old.t; CREATE MATERIALIZED VIEW old.m AS SELECT x FROM old.v; CREATE INDEX m_x ON old.m (x);
CREATE TABLE stays (id integer PRIMARY KEY, t integer REFERENCES old.t, e old.e DEFAULT 'a', n integer DEFAULT nextval('old.s'));
CREATE VIEW over AS SELECT s.id, v.x FROM stays s, old.v v;
CREATE TRIGGER tr BEFORE UPDATE ON old.t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE POLICY p ON old.t USING (d <> 'x'); CREATE STATISTICS old.st ON e, d FROM old.t;
