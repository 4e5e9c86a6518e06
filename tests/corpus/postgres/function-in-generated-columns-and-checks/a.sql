CREATE SCHEMA lib;
CREATE FUNCTION lib.slug(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT regexp_replace(lower($1), '[^a-z]+', '-', 'g') $$;
CREATE FUNCTION lib.ok(text, integer) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN length($1) < $2; END';
CREATE TABLE pages (id integer PRIMARY KEY, title text NOT NULL CONSTRAINT short CHECK (lib.ok(title, 100)), slug text GENERATED ALWAYS AS (lib.slug(title)) STORED UNIQUE);
CREATE TABLE links (page text REFERENCES pages (slug), CHECK (lib.ok(page, 50)));
CREATE INDEX pages_slug ON pages (lib.slug(title) text_pattern_ops) INCLUDE (slug);
CREATE VIEW slugs AS SELECT slug FROM pages;
COMMENT ON COLUMN pages.slug IS 'for URLs'; COMMENT ON CONSTRAINT short ON pages IS 'short';
