CREATE FUNCTION forbid() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'nothing may change: %', tg_tag; END $$;
CREATE FUNCTION log_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN  END $$;
CREATE TABLE t (id integer PRIMARY KEY, a text);
CREATE EVENT TRIGGER guard ON ddl_command_end WHEN TAG IN ('CREATE DOMAIN', 'DROP DOMAIN') EXECUTE FUNCTION forbid();
CREATE EVENT TRIGGER logs ON ddl_command_end EXECUTE FUNCTION log_ddl();
CREATE EVENT TRIGGER off ON ddl_command_start EXECUTE FUNCTION forbid();
ALTER EVENT TRIGGER off DISABLE;
CREATE EVENT TRIGGER strict ON ddl_command_start EXECUTE FUNCTION forbid();
ALTER EVENT TRIGGER strict ENABLE REPLICA;
