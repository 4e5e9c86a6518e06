CREATE TYPE pair AS (first integer, third text, fourth date);
CREATE FUNCTION third_of(value pair) RETURNS text LANGUAGE sql AS 'SELECT value.third';
COMMENT ON TYPE pair IS 'two of a kind';
