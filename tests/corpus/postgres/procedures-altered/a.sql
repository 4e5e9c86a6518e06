CREATE TABLE log (id bigint GENERATED ALWAYS AS IDENTITY, what text);
CREATE PROCEDURE note(what text) LANGUAGE sql AS 'INSERT INTO log (what) VALUES (what)';
CREATE PROCEDURE swap(INOUT a integer, INOUT b integer) LANGUAGE plpgsql AS 'DECLARE c integer := a; BEGIN a := b; b := c; END';
CREATE PROCEDURE clear(days integer DEFAULT 30) LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN DELETE FROM log; END';
CREATE PROCEDURE many(VARIADIC n integer[]) LANGUAGE plpgsql AS 'BEGIN END';
CREATE FUNCTION turns() RETURNS void LANGUAGE plpgsql AS 'BEGIN END';
COMMENT ON PROCEDURE note(text) IS 'notes';
COMMENT ON PROCEDURE clear IS 'clears';
