CREATE TABLE t (id integer PRIMARY KEY, a text, b text COMPRESSION pglz, c numeric, d integer);
ALTER TABLE t ALTER a SET STORAGE EXTERNAL, ALTER d SET STATISTICS 200, ALTER c SET (n_distinct = 5);
