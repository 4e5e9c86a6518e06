CREATE TYPE "en'um" AS ENUM ('it''s \ "q" $$ -- /* */ 
; DROP ä😀 %I ', '', '  ');
CREATE DOMAIN "do""main" AS text DEFAULT 'it''s a \ "quoted" $$ -- /* */ 
; DROP TABLE x; 	 ä😀 %I {x} ' CONSTRAINT "ch'eck" CHECK (VALUE <> 'it''s a \ "quoted" $$ -- /* */ 
; DROP TABLE x; 	 ä😀 %I {x} x');
CREATE TYPE "Comp.osite" AS ("col.umn" text, "quote's" "do""main");
CREATE SEQUENCE "Seq uence" START 7;
CREATE FUNCTION "fun$$ction"("SELECT" text DEFAULT 'it''s a \ "quoted" $$ -- /* */ 
; DROP TABLE x; 	 ä😀 %I {x} ') RETURNS text LANGUAGE plpgsql IMMUTABLE AS $tag$BEGIN RETURN $1 || 'it''s a \ "quoted" $$ -- /* */ 
; DROP TABLE x; 	 ä😀 %I {x} '; END -- $schema$ $function$$tag$;
CREATE TABLE "a ""table""; DROP TABLE x; --" ("ID" bigint GENERATED ALWAYS AS IDENTITY, "col.umn" integer DEFAULT nextval('"Seq uence"'), "SELECT" text DEFAULT 'it''s a \ "quoted" $$ -- /* */ 
; DROP TABLE x; 	 ä😀 %I {x} ', "new
line	tab" "do""main", "quote's" "en'um" DEFAULT 'it''s \ "q" $$ -- /* */ 
; DROP ä😀 %I ',
  "$$ /* */" text COLLATE "C", "Ünïääääääääääääääääääääääääääää" text GENERATED ALWAYS AS ("SELECT" || 'it''s a \ "quoted" $$ -- /* */ 
; DROP TABLE x; 	 ä😀 %I {x} ') STORED, " lead and trail " "en'um"[], "%I %L %s" varchar(63), "back\slash" integer,
  CONSTRAINT "p.k" PRIMARY KEY ("ID"), CONSTRAINT "un""ique" UNIQUE ("col.umn", "back\slash"), CONSTRAINT "ch'eck" CHECK ("SELECT" <> 'it''s a \ "quoted" $$ -- /* */ 
; DROP TABLE x; 	 ä😀 %I {x} z'), CONSTRAINT "ex clude" EXCLUDE USING btree ("back\slash" WITH =));
CREATE TABLE "user" ("order" bigint, "group" integer, "from" integer, CONSTRAINT "f.k." FOREIGN KEY ("order") REFERENCES "a ""table""; DROP TABLE x; --" ("ID"), CONSTRAINT "p k" FOREIGN KEY ("group", "from") REFERENCES "a ""table""; DROP TABLE x; --" ("col.umn", "back\slash"));
CREATE INDEX "in/*dex" ON "a ""table""; DROP TABLE x; --" ("fun$$ction"("SELECT"), "new
line	tab" DESC) INCLUDE ("col.umn") WHERE "$$ /* */" <> 'it''s a \ "quoted" $$ -- /* */ 
; DROP TABLE x; 	 ä😀 %I {x} ';
CREATE INDEX "i.1" ON "a ""table""; DROP TABLE x; --" (lower("SELECT"), "$$ /* */" COLLATE "POSIX");
CREATE VIEW "vi""ew;" AS SELECT "ID", "col.umn" AS "SELECT", "new
line	tab", 'it''s a \ "quoted" $$ -- /* */ 
; DROP TABLE x; 	 ä😀 %I {x} '::text AS "li;t" FROM "a ""table""; DROP TABLE x; --" WHERE "SELECT" <> 'it''s a \ "quoted" $$ -- /* */ 
; DROP TABLE x; 	 ä😀 %I {x} ';
CREATE MATERIALIZED VIEW "mat
view" AS SELECT "li;t" AS "quote's", count(*) AS "co unt" FROM "vi""ew;" GROUP BY 1;
CREATE UNIQUE INDEX "on mat" ON "mat
view" ("quote's");
CREATE FUNCTION "tr()"() RETURNS trigger LANGUAGE plpgsql AS $f$BEGIN NEW."SELECT" := 'it''s a \ "quoted" $$ -- /* */ 
; DROP TABLE x; 	 ä😀 %I {x} '; RETURN NEW; END$f$;
CREATE TRIGGER "trig--ger" BEFORE UPDATE OF "SELECT", "%I %L %s" ON "a ""table""; DROP TABLE x; --" FOR EACH ROW WHEN (OLD."SELECT" <> 'it''s a \ "quoted" $$ -- /* */ 
; DROP TABLE x; 	 ä😀 %I {x} ') EXECUTE FUNCTION "tr()"('it''s a \ "quoted" $$ -- /* */ 
; DROP TABLE x; 	 ä😀 %I {x} ', 'a');
CREATE RULE "ru""le" AS ON INSERT TO "vi""ew;" DO INSTEAD INSERT INTO "a ""table""; DROP TABLE x; --" ("SELECT") VALUES ('it''s a \ "quoted" $$ -- /* */ 
; DROP TABLE x; 	 ä😀 %I {x} ');
CREATE PROCEDURE "pro""c"("in" integer) LANGUAGE sql BEGIN ATOMIC SELECT 'it''s a \ "quoted" $$ -- /* */ 
; DROP TABLE x; 	 ä😀 %I {x} ' AS "quote's"; END;
COMMENT ON TABLE "a ""table""; DROP TABLE x; --" IS 'it''s a \ "quoted" $$ -- /* */ 
; DROP TABLE x; 	 ä😀 %I {x} t';
COMMENT ON COLUMN "a ""table""; DROP TABLE x; --"."new
line	tab" IS 'it''s a \ "quoted" $$ -- /* */ 
; DROP TABLE x; 	 ä😀 %I {x} c';
COMMENT ON CONSTRAINT "ch'eck" ON "a ""table""; DROP TABLE x; --" IS 'it''s a \ "quoted" $$ -- /* */ 
; DROP TABLE x; 	 ä😀 %I {x} k';
COMMENT ON INDEX "in/*dex" IS 'it''s a \ "quoted" $$ -- /* */ 
; DROP TABLE x; 	 ä😀 %I {x} i';
COMMENT ON VIEW "vi""ew;" IS 'it''s a \ "quoted" $$ -- /* */ 
; DROP TABLE x; 	 ä😀 %I {x} v';
COMMENT ON COLUMN "vi""ew;"."li;t" IS 'it''s a \ "quoted" $$ -- /* */ 
; DROP TABLE x; 	 ä😀 %I {x} vc';
COMMENT ON TYPE "en'um" IS 'it''s a \ "quoted" $$ -- /* */ 
; DROP TABLE x; 	 ä😀 %I {x} e';
COMMENT ON DOMAIN "do""main" IS 'it''s a \ "quoted" $$ -- /* */ 
; DROP TABLE x; 	 ä😀 %I {x} d';
COMMENT ON FUNCTION "fun$$ction"(text) IS 'it''s a \ "quoted" $$ -- /* */ 
; DROP TABLE x; 	 ä😀 %I {x} f';
COMMENT ON TRIGGER "trig--ger" ON "a ""table""; DROP TABLE x; --" IS 'it''s a \ "quoted" $$ -- /* */ 
; DROP TABLE x; 	 ä😀 %I {x} tr';
COMMENT ON SEQUENCE "Seq uence" IS 'it''s a \ "quoted" $$ -- /* */ 
; DROP TABLE x; 	 ä😀 %I {x} s';
COMMENT ON PROCEDURE "pro""c"(integer) IS 'it''s a \ "quoted" $$ -- /* */ 
; DROP TABLE x; 	 ä😀 %I {x} p';
COMMENT ON RULE "ru""le" ON "vi""ew;" IS 'it''s a \ "quoted" $$ -- /* */ 
; DROP TABLE x; 	 ä😀 %I {x} r';
CREATE TABLE "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" ("yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy" integer CONSTRAINT "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz" PRIMARY KEY);
