CREATE FUNCTION forbid() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'nothing may change: %', tg_tag; END $$;
CREATE FUNCTION forbid_drops() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'nothing may go'; END $$;
CREATE TABLE t (id integer PRIMARY KEY, a text, b integer);
CREATE VIEW v AS SELECT a FROM t;
COMMENT ON TABLE t IS 'a';
CREATE EVENT TRIGGER no_changes ON ddl_command_start EXECUTE FUNCTION forbid();
CREATE EVENT TRIGGER no_drops ON sql_drop EXECUTE FUNCTION forbid_drops();
COMMENT ON EVENT TRIGGER no_drops IS 'strict';
