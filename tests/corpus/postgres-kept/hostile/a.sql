CREATE TABLE "T ""1""" ("a b" integer, "c""d" text);
CREATE VIEW "V.it's" AS SELECT "a b", "c""d" FROM "T ""1""";
CREATE FUNCTION "F x"("a b" integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
