GRANT SELECT ON "V.it's" TO "Role With ""quotes"" and spaces", "it's", "PUBLIC";
GRANT SELECT ("c""d") ON "V.it's" TO "a.b";
ALTER VIEW "V.it's" OWNER TO "Role With ""quotes"" and spaces";
ALTER FUNCTION "F x"(integer) OWNER TO "UPPER";
REVOKE ALL ON FUNCTION "F x"(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "F x"(integer) TO "{tenant}_rw";
