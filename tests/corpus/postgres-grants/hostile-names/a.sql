CREATE TABLE "T ""1""" ("a b" integer);
CREATE VIEW "{tenant}" AS SELECT 1 AS "100% ?";
CREATE FUNCTION "F'x"("a b" integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
GRANT SELECT ON "T ""1""" TO "Role With ""quotes"" and spaces", "UPPER", "it's", "PUBLIC";
GRANT SELECT ("100% ?") ON "{tenant}" TO "{tenant}_rw";
ALTER TABLE "T ""1""" OWNER TO "a.b";
