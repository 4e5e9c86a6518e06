CREATE TABLE t (id integer PRIMARY KEY);
CREATE SUBSCRIPTION "stays ""here""" CONNECTION 'host=nowhere.invalid dbname=x password=secret' PUBLICATION one, "Two" WITH (connect = false, slot_name = 'elsewhere', binary = true, streaming = on);
COMMENT ON SUBSCRIPTION "stays ""here""" IS 'what comes from there';
CREATE SUBSCRIPTION goes CONNECTION '' PUBLICATION p WITH (connect = false, synchronous_commit = 'local', streaming = off);
COMMENT ON SUBSCRIPTION goes IS 'gone';
