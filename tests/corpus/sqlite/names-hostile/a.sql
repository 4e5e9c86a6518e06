CREATE TABLE "order" ("a""b" INT, [c d] TEXT, `e.f` REAL, "line
break" INT, "Grün" TEXT, "select" INT PRIMARY KEY);
CREATE INDEX "i ""x" ON "order" ("a""b", [c d]);
CREATE VIEW "v w" AS SELECT "a""b" FROM "order";
CREATE TRIGGER "t r" AFTER INSERT ON "order" BEGIN SELECT 1; END;
