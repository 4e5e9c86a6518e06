CREATE TABLE parent (a int NOT NULL, b int GENERATED ALWAYS AS (a * 2) STORED);
CREATE TABLE child (a int NOT NULL, b int GENERATED ALWAYS AS (a * 2) STORED, c int);
INSERT INTO child (a, c) VALUES (1, 1), (2, 2);
