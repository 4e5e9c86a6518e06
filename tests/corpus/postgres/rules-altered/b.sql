CREATE TABLE t (id integer PRIMARY KEY, a text); CREATE TABLE log (id integer, what text, at timestamptz DEFAULT now());
CREATE VIEW v AS SELECT id, a FROM t;
CREATE RULE ins AS ON INSERT TO v DO INSTEAD INSERT INTO t VALUES (new.id, upper(new.a)) ON CONFLICT (id) DO NOTHING;
CREATE RULE upd AS ON UPDATE TO v WHERE old.id > 0 DO INSTEAD UPDATE t SET a = new.a WHERE id = old.id;
CREATE RULE del AS ON DELETE TO v DO INSTEAD DELETE FROM t WHERE t.id = old.id;
CREATE RULE also AS ON INSERT TO t WHERE new.id > 10 DO ALSO INSERT INTO log (id, what) VALUES (new.id, 'big');
ALTER TABLE t ENABLE ALWAYS RULE also;
CREATE RULE never AS ON DELETE TO t DO ALSO SELECT 1;
COMMENT ON RULE ins ON v IS 'upper case inserts'; COMMENT ON RULE also ON t IS 'big ones';
