CREATE TABLE t (a int CONSTRAINT t_key PRIMARY KEY, b int CONSTRAINT t_b UNIQUE, c int, EXCLUDE USING btree (c WITH =));
COMMENT ON CONSTRAINT t_key ON t IS 'the key';
COMMENT ON INDEX t_b IS 'an index';
