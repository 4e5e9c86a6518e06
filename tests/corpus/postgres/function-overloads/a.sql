CREATE TABLE t (id integer PRIMARY KEY, a text);
CREATE FUNCTION pad(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1 || '' ''';
CREATE FUNCTION pad(text, integer) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT rpad($1, $2)';
CREATE FUNCTION pad(integer) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1::text';
CREATE VIEW padded AS SELECT pad(a) AS one, pad(a, 5) AS two, pad(id) AS three FROM t;
CREATE INDEX padded_a ON t (pad(a, 3));
COMMENT ON FUNCTION pad(text) IS 'text';
COMMENT ON FUNCTION pad(text, integer) IS 'text to a length';
COMMENT ON FUNCTION pad(integer) IS 'number';
