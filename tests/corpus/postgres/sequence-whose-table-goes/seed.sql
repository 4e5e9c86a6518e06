SELECT nextval('"number sequence"'), nextval('down'), setval('free', 7); INSERT INTO "old owner" VALUES (1, 1);
