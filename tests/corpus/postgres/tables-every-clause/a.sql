CREATE TABLE plain (id integer PRIMARY KEY, t text, n numeric);
CREATE UNLOGGED TABLE fast (id integer, t text);
CREATE TABLE tuned (id integer PRIMARY KEY, t text) WITH (fillfactor = 70, autovacuum_enabled = false, toast.autovacuum_enabled = false);
CREATE TABLE replicated (id integer NOT NULL, code text NOT NULL); CREATE UNIQUE INDEX replicated_code ON replicated (code); ALTER TABLE replicated REPLICA IDENTITY USING INDEX replicated_code;
CREATE TABLE ordered (id integer PRIMARY KEY, at date); CREATE INDEX ordered_at ON ordered (at); ALTER TABLE ordered CLUSTER ON ordered_at;
CREATE TABLE guarded (id integer, owner name DEFAULT CURRENT_USER); ALTER TABLE guarded ENABLE ROW LEVEL SECURITY; ALTER TABLE guarded FORCE ROW LEVEL SECURITY; CREATE POLICY p ON guarded USING (owner = CURRENT_USER);
CREATE TABLE nothing (); CREATE TABLE one_column (sole text);
