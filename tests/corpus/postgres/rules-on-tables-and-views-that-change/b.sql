CREATE TABLE t (id bigint PRIMARY KEY, a varchar(50), c integer); CREATE TABLE history (id bigint, a text, at timestamptz DEFAULT now());
CREATE VIEW v AS SELECT id, a, c FROM t;
CREATE RULE v_insert AS ON INSERT TO v DO INSTEAD INSERT INTO t (id, a, c) VALUES (new.id, new.a, new.c);
CREATE RULE v_update AS ON UPDATE TO v DO INSTEAD UPDATE t SET a = new.a WHERE t.id = old.id;
CREATE RULE keep AS ON UPDATE TO t WHERE old.a IS DISTINCT FROM new.a DO ALSO INSERT INTO history (id, a) VALUES (old.id, old.a);
CREATE RULE shield AS ON DELETE TO t WHERE old.c > 5 DO INSTEAD NOTHING;
COMMENT ON RULE keep ON t IS 'history'; COMMENT ON RULE v_insert ON v IS 'insert with c';
