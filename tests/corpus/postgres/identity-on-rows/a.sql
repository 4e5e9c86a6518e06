CREATE TABLE t (id integer NOT NULL, a text); CREATE TABLE down (id bigint NOT NULL); CREATE TABLE empty (id smallint NOT NULL); CREATE TABLE "Odd ""t" ("Odd c" integer NOT NULL);
