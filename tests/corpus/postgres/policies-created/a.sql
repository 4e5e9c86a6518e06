CREATE TABLE t (id integer PRIMARY KEY, owner text, active boolean); CREATE TABLE "odd ""t" ("odd ""c" integer);
