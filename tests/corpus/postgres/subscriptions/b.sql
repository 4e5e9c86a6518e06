CREATE TABLE t (id integer PRIMARY KEY);
CREATE SUBSCRIPTION "stays ""here""" CONNECTION 'host=nowhere.invalid dbname=x password=secret' PUBLICATION "Two", three WITH (connect = false, slot_name = 'other', synchronous_commit = 'remote_apply', streaming = off);
COMMENT ON SUBSCRIPTION "stays ""here""" IS 'changed';
CREATE SUBSCRIPTION comes CONNECTION '' PUBLICATION q WITH (connect = false, slot_name = NONE, streaming = on);
CREATE SUBSCRIPTION under_own_name CONNECTION '' PUBLICATION q, r WITH (connect = false, streaming = off, binary = true);
