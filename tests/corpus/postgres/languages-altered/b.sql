CREATE FUNCTION handler() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE FUNCTION inliner(internal) RETURNS void LANGUAGE c STRICT AS '$libdir/plpgsql', 'plpgsql_inline_handler';
CREATE FUNCTION validator(oid) RETURNS void LANGUAGE c STRICT AS '$libdir/plpgsql', 'plpgsql_validator';
CREATE TRUSTED LANGUAGE mine HANDLER handler INLINE inliner VALIDATOR validator;
CREATE FUNCTION in_mine() RETURNS integer LANGUAGE mine AS 'BEGIN RETURN 2; END';
CREATE TABLE t (id integer DEFAULT in_mine(), a text);
CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
COMMENT ON LANGUAGE mine IS 'mine, trusted'; COMMENT ON FUNCTION in_mine() IS 'one';
