CREATE UNLOGGED TABLE plain (id integer PRIMARY KEY, t text COLLATE "C", n numeric) WITH (fillfactor = 90, toast_tuple_target = 4000); ALTER TABLE plain ALTER t SET STORAGE EXTERNAL; ALTER TABLE plain REPLICA IDENTITY FULL; 
ALTER TABLE plain ALTER t SET STATISTICS 500; ALTER TABLE plain ALTER n SET (n_distinct = -0.5);
CREATE TABLE fast (id integer, t text) WITH (autovacuum_vacuum_scale_factor = 0.02, parallel_workers = 2);
CREATE TABLE tuned (id integer PRIMARY KEY, t text) WITH (fillfactor = 80, toast.autovacuum_vacuum_threshold = 99);
CREATE TABLE replicated (id integer NOT NULL, code text NOT NULL, PRIMARY KEY (id)); CREATE UNIQUE INDEX replicated_code ON replicated (code, id); ALTER TABLE replicated REPLICA IDENTITY NOTHING;
CREATE TABLE ordered (id integer PRIMARY KEY, at date); CREATE INDEX ordered_at ON ordered (at); ALTER TABLE ordered CLUSTER ON ordered_pkey;
CREATE TABLE guarded (id integer, owner name DEFAULT SESSION_USER); ALTER TABLE guarded ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON guarded FOR SELECT USING (owner = SESSION_USER); CREATE POLICY q ON guarded AS RESTRICTIVE FOR INSERT WITH CHECK (id > 0);
CREATE TABLE nothing (something integer DEFAULT 1); CREATE TABLE one_column ();
