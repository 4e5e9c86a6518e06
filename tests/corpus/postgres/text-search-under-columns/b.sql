CREATE TEXT SEARCH DICTIONARY words (TEMPLATE = snowball, LANGUAGE = english);
CREATE TEXT SEARCH CONFIGURATION docs (PARSER = "default");
ALTER TEXT SEARCH CONFIGURATION docs ADD MAPPING FOR asciiword WITH words;
CREATE TABLE page (id int PRIMARY KEY, body text, found tsvector GENERATED ALWAYS AS (to_tsvector('docs', body)) STORED);
CREATE INDEX page_body ON page USING gin (to_tsvector('docs', body));
CREATE VIEW lexemes AS SELECT id, ts_lexize('words', body) AS lexeme, to_tsvector('docs', body) AS vector FROM page;
CREATE FUNCTION is_found(text) RETURNS boolean LANGUAGE sql STABLE RETURN to_tsvector('docs', $1) @@ 'a'::tsquery;
COMMENT ON INDEX page_body IS 'by words';
