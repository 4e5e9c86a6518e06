CREATE VIEW t AS SELECT 1 AS id; CREATE TABLE v (x integer);
CREATE TABLE s (id integer); CREATE TABLE other (id integer); CREATE TABLE i (id integer);
