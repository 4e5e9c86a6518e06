CREATE SEQUENCE "number sequence" AS bigint INCREMENT 3 MINVALUE 6 MAXVALUE 101 START 11 CACHE 6;
CREATE SEQUENCE down AS smallint INCREMENT 1 MAXVALUE 60 START 20;
CREATE TABLE "old owner" (keep int);
CREATE TABLE "new owner" ("some id" bigint); ALTER SEQUENCE "number sequence" OWNED BY "new owner"."some id";
CREATE SEQUENCE free AS smallint MINVALUE 5 NO MAXVALUE;
