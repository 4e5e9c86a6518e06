INSERT INTO "a ""table""; DROP TABLE x; --" ("SELECT", "new
line	tab", "%I %L %s", "back\slash") VALUES ('one', 'two', '%s', 1);
INSERT INTO "user" VALUES (1, 7, 1);
