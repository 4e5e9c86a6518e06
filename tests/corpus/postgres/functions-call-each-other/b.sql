SET check_function_bodies = off;
CREATE FUNCTION keep() RETURNS integer LANGUAGE sql AS 'SELECT later()'; CREATE FUNCTION later() RETURNS integer LANGUAGE sql AS 'SELECT keep()';
