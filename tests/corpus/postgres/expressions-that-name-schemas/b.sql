CREATE SCHEMA other;
CREATE DOMAIN named AS oid DEFAULT ('public'::regnamespace)::oid CHECK (VALUE <> ('other'::regnamespace)::oid);
CREATE FUNCTION is_own(n oid DEFAULT ('public'::regnamespace)::oid) RETURNS boolean LANGUAGE sql STABLE
    RETURN n = ('public'::regnamespace)::oid OR n = ('other'::regnamespace)::oid;
COMMENT ON FUNCTION is_own IS 'depends on its schema in two ways';
CREATE TABLE t (id oid DEFAULT ('public'::regnamespace)::oid, other text, at named);
CREATE INDEX t_own ON t ((id = ('public'::regnamespace)::oid)) WHERE id <> ('other'::regnamespace)::oid;
CREATE STATISTICS t_kinds ON (id = ('public'::regnamespace)::oid), other FROM t;
CREATE VIEW own AS SELECT t.id FROM t WHERE t.id = ('public'::regnamespace)::oid;
CREATE TABLE p (id oid) PARTITION BY LIST ((id = ('public'::regnamespace)::oid));
CREATE TABLE other.u (id oid CHECK (id <> ('public'::regnamespace)::oid));
CREATE FUNCTION other.from_beyond() RETURNS oid LANGUAGE sql STABLE RETURN ('public'::regnamespace)::oid;
