CREATE TABLE "T ""1""" ("a b" bigint, "c""d" text);
CREATE VIEW "V.it's" AS SELECT "a b", "c""d" FROM "T ""1""";
CREATE FUNCTION "F x"("c d" integer) RETURNS integer LANGUAGE sql AS 'SELECT 2';
