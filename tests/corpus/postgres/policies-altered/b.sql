CREATE TABLE t (id integer PRIMARY KEY, owner text, active boolean); ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY roles ON t USING (true); CREATE POLICY using_only ON t USING (id = 11) WITH CHECK (id = 1); CREATE POLICY check_added ON t USING (id = 2) WITH CHECK (id = 22);
CREATE POLICY all_of_it ON t FOR UPDATE TO postgres, pg_monitor USING (NOT active) WITH CHECK (owner = 'x'); COMMENT ON POLICY all_of_it ON t IS 'stays';
CREATE POLICY command ON t FOR DELETE USING (id = 3); COMMENT ON POLICY command ON t IS 'comes back'; CREATE POLICY sort ON t AS RESTRICTIVE USING (id = 4);
CREATE POLICY commented ON t; COMMENT ON POLICY commented ON t IS 'two'; CREATE POLICY uncommented ON t;
