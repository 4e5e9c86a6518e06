INSERT INTO "order" ("a""b", [c d], "select") VALUES (1,'x',1);
