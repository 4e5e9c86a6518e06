CREATE SCHEMA app;
CREATE FOREIGN DATA WRAPPER wrapper;
CREATE SERVER one FOREIGN DATA WRAPPER wrapper;
CREATE SERVER two FOREIGN DATA WRAPPER wrapper;
CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FOREIGN TABLE kept (id bigint, name text OPTIONS (column_name 'm', other 'it''s') COLLATE "C" NOT NULL, new text OPTIONS (a 'b') DEFAULT 'x' NOT NULL, amount int,
  CONSTRAINT positive CHECK (id > 0)) SERVER one OPTIONS (table_name 'u', "Other" 'x');
CREATE FOREIGN TABLE moved (id int) SERVER two OPTIONS (table_name 'm');
CREATE FOREIGN TABLE app.new (id int NOT NULL, doubled int GENERATED ALWAYS AS (id * 2) STORED, CONSTRAINT positive CHECK (id > 0) NOT VALID) SERVER one;
CREATE FOREIGN TABLE becomes_foreign (id int) SERVER two;
CREATE TABLE becomes_own (id int);
CREATE VIEW seen AS SELECT id FROM moved;
CREATE TRIGGER noted BEFORE INSERT ON kept FOR EACH ROW EXECUTE FUNCTION noted();
COMMENT ON FOREIGN TABLE kept IS 'farther away';
COMMENT ON COLUMN kept.name IS 'its other name';
COMMENT ON FOREIGN TABLE moved IS 'comes along';
COMMENT ON FOREIGN TABLE app.new IS 'elsewhere';
COMMENT ON TRIGGER noted ON kept IS 'on a foreign table';
COMMENT ON VIEW seen IS 'leans on it';
