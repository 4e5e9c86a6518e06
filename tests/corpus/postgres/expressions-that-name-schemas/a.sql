CREATE SCHEMA other;
CREATE TABLE t (id oid, other text);
CREATE TABLE other.u (id oid);
