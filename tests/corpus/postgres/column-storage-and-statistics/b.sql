CREATE TABLE t (id integer PRIMARY KEY, a text, b text, c numeric, d integer, e text);
ALTER TABLE t ALTER c SET STORAGE EXTENDED, ALTER a SET STATISTICS 0, ALTER c SET (n_distinct_inherited = 7), ALTER e SET STORAGE MAIN, ALTER e SET STATISTICS 10;
