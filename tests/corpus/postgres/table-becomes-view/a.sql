CREATE TABLE t (id integer); CREATE VIEW v AS SELECT 1 AS x;
CREATE SEQUENCE s; CREATE TABLE other (id integer); CREATE INDEX i ON other (id);
