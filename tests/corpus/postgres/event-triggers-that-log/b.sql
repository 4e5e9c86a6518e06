CREATE TABLE ddl (id bigint GENERATED ALWAYS AS IDENTITY, tag text, object text);
CREATE TABLE ddl_log (at timestamptz DEFAULT now(), tag text);
CREATE FUNCTION log_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO ddl_log (tag) VALUES (tg_tag); END $$;
CREATE FUNCTION log_drop() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN INSERT INTO ddl_log (tag) VALUES (tg_tag); END $$;
CREATE TABLE t (id bigint PRIMARY KEY, a text);
CREATE VIEW v AS SELECT id FROM t;
CREATE EVENT TRIGGER log_ddl ON ddl_command_end EXECUTE FUNCTION log_ddl();
CREATE EVENT TRIGGER log_drop ON sql_drop WHEN TAG IN ('DROP TABLE', 'DROP VIEW', 'DROP INDEX') EXECUTE FUNCTION log_drop();
COMMENT ON EVENT TRIGGER log_drop IS 'logs drops';
