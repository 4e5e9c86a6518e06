CREATE FUNCTION eq(point, text) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN $1::text = $2;
CREATE FUNCTION to_point(text) RETURNS point LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN ''(1,1)''; END';
CREATE FUNCTION aggregated(int, point) RETURNS int LANGUAGE sql IMMUTABLE RETURN $1 + 1;
CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE OPERATOR ==~ (FUNCTION = eq, LEFTARG = point, RIGHTARG = text);
CREATE CAST (date AS point) WITH INOUT;
CREATE AGGREGATE counted(point) (SFUNC = aggregated, STYPE = int, INITCOND = '0');
CREATE EVENT TRIGGER noted ON ddl_command_end EXECUTE FUNCTION note();
CREATE TABLE t (id int, p point, CONSTRAINT c CHECK (p ==~ '(1,1)'));
