CREATE TABLE t (id integer PRIMARY KEY, a text); CREATE TABLE log (id integer, what text, at timestamptz DEFAULT now());
CREATE VIEW v AS SELECT id, a FROM t;
CREATE RULE ins AS ON INSERT TO v DO INSTEAD INSERT INTO t VALUES (new.id, new.a) RETURNING t.id, t.a;
CREATE RULE upd AS ON UPDATE TO v DO INSTEAD (UPDATE t SET a = new.a WHERE id = old.id; INSERT INTO log VALUES (old.id, 'update'));
CREATE RULE del AS ON DELETE TO v DO INSTEAD NOTHING;
CREATE RULE also AS ON INSERT TO t WHERE new.id > 10 DO ALSO INSERT INTO log (id, what) VALUES (new.id, 'big');
CREATE RULE tell AS ON UPDATE TO t DO ALSO NOTIFY changed;
ALTER TABLE t DISABLE RULE also;
COMMENT ON RULE ins ON v IS 'inserts'; COMMENT ON RULE also ON t IS 'big ones';
