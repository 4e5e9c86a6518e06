CREATE TABLE "order" ("a""b" INT NOT NULL, [c d] TEXT, `e.f` REAL, "line
break" BIGINT, "Grün" TEXT CHECK ("Grün" <> 'it''s'), "select" INT PRIMARY KEY, "neu ;" TEXT DEFAULT ';');
CREATE INDEX "i ""x" ON "order" ("a""b" DESC);
CREATE VIEW "v w" AS SELECT [c d] FROM "order";
CREATE TRIGGER "t r" AFTER INSERT ON "order" BEGIN SELECT 2; END;
