CREATE FUNCTION place() RETURNS bigint LANGUAGE internal WINDOW IMMUTABLE AS 'window_row_number';
CREATE FUNCTION other() RETURNS bigint LANGUAGE internal WINDOW IMMUTABLE AS 'window_rank';
CREATE TABLE t (id integer PRIMARY KEY, a text);
CREATE VIEW placed AS SELECT place() OVER (ORDER BY a) AS p, id FROM t;
CREATE FUNCTION turned(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
COMMENT ON FUNCTION place() IS 'row number';
