CREATE SCHEMA app;
CREATE TABLE app.t (a int);
CREATE VIEW app.v AS SELECT a FROM app.t;
COMMENT ON SCHEMA app IS 'the application';
