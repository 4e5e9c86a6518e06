CREATE TABLE t (id bigint, name text, secret text);
CREATE VIEW v AS SELECT name, id FROM t WHERE id > 0;
CREATE VIEW w AS SELECT id FROM v;
