CREATE TABLE ddl (id bigint GENERATED ALWAYS AS IDENTITY, tag text, object text);
CREATE FUNCTION log_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ DECLARE r record; BEGIN FOR r IN SELECT * FROM pg_event_trigger_ddl_commands() LOOP INSERT INTO ddl (tag, object) VALUES (r.command_tag, r.object_identity); END LOOP; END $$;
CREATE FUNCTION log_drop() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO ddl (tag) VALUES (tg_tag); END $$;
CREATE TABLE t (id integer PRIMARY KEY);
CREATE EVENT TRIGGER log_ddl ON ddl_command_end EXECUTE FUNCTION log_ddl();
CREATE EVENT TRIGGER log_drop ON sql_drop WHEN TAG IN ('DROP TABLE', 'DROP VIEW') EXECUTE FUNCTION log_drop();
COMMENT ON EVENT TRIGGER log_ddl IS 'logs';
