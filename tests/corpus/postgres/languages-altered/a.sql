CREATE FUNCTION handler() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE FUNCTION inliner(internal) RETURNS void LANGUAGE c STRICT AS '$libdir/plpgsql', 'plpgsql_inline_handler';
CREATE FUNCTION validator(oid) RETURNS void LANGUAGE c STRICT AS '$libdir/plpgsql', 'plpgsql_validator';
CREATE LANGUAGE mine HANDLER handler;
CREATE FUNCTION in_mine() RETURNS integer LANGUAGE mine AS 'BEGIN RETURN 1; END';
CREATE TABLE t (id integer DEFAULT in_mine(), a text);
COMMENT ON LANGUAGE mine IS 'mine'; COMMENT ON FUNCTION in_mine() IS 'one';
