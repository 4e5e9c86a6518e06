CREATE TABLE t (id integer PRIMARY KEY, a integer, b bigint NOT NULL DEFAULT 7, c boolean DEFAULT true, d date, e json, f integer DEFAULT 1, g text, h integer[]);
CREATE VIEW v AS SELECT a, b, c FROM t;
