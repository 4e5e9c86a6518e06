CREATE TABLE t (id integer PRIMARY KEY, a text, b integer); CREATE TABLE history (id integer, a text);
CREATE VIEW v AS SELECT id, a FROM t;
CREATE RULE v_insert AS ON INSERT TO v DO INSTEAD INSERT INTO t (id, a) VALUES (new.id, new.a);
CREATE RULE v_update AS ON UPDATE TO v DO INSTEAD UPDATE t SET a = new.a WHERE t.id = old.id;
CREATE RULE keep AS ON UPDATE TO t WHERE old.a IS DISTINCT FROM new.a DO ALSO INSERT INTO history VALUES (old.id, old.a);
CREATE RULE shield AS ON DELETE TO t WHERE old.b > 5 DO INSTEAD NOTHING;
COMMENT ON RULE keep ON t IS 'history'; COMMENT ON RULE v_insert ON v IS 'insert';
