CREATE FUNCTION forbid() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'nothing may change: %', tg_tag; END $$;
CREATE FUNCTION log_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO ddl_log VALUES (tg_tag); END $$;
CREATE TABLE t (id integer PRIMARY KEY, a text, b integer);
CREATE TABLE u (id integer); CREATE TABLE ddl_log (what text);
COMMENT ON TABLE u IS 'new';
CREATE EVENT TRIGGER guard ON ddl_command_end WHEN TAG IN ('CREATE DOMAIN', 'DROP DOMAIN') EXECUTE FUNCTION forbid();
CREATE EVENT TRIGGER logs ON ddl_command_end EXECUTE FUNCTION log_ddl();
COMMENT ON EVENT TRIGGER logs IS 'logs';
CREATE EVENT TRIGGER off ON ddl_command_start EXECUTE FUNCTION forbid();
