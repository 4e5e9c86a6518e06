CREATE SCHEMA app;
CREATE TABLE app.t (a int);
CREATE VIEW app.v AS SELECT a FROM app.t;
COMMENT ON SCHEMA app IS 'the application';
COMMENT ON TABLE app.t IS 'a table';
COMMENT ON VIEW app.v IS 'a view';
COMMENT ON COLUMN app.t.a IS 'a column';
COMMENT ON COLUMN app.v.a IS 'a column of a view';
