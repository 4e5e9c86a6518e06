INSERT INTO renamed (a) VALUES (1), (2);
INSERT INTO named (a) VALUES (1), (2);
INSERT INTO plain VALUES (1, 1), (2, 2);
