CREATE TABLE t (id integer PRIMARY KEY, owner text, active boolean); ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY roles ON t TO postgres USING (true); CREATE POLICY using_only ON t USING (id = 1) WITH CHECK (id = 1); CREATE POLICY check_added ON t USING (id = 2);
CREATE POLICY all_of_it ON t FOR UPDATE TO pg_monitor USING (active) WITH CHECK (active); COMMENT ON POLICY all_of_it ON t IS 'stays';
CREATE POLICY command ON t FOR SELECT USING (id = 3); COMMENT ON POLICY command ON t IS 'comes back'; CREATE POLICY sort ON t USING (id = 4);
CREATE POLICY commented ON t; COMMENT ON POLICY commented ON t IS 'one'; CREATE POLICY uncommented ON t; COMMENT ON POLICY uncommented ON t IS 'gone';
