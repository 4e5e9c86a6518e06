CREATE TABLE parent (a int NOT NULL, b int GENERATED ALWAYS AS (a * 2) STORED);
CREATE TABLE child (a int NOT NULL, b int GENERATED ALWAYS AS (a * 2) STORED, c int);
ALTER TABLE child INHERIT parent;
CREATE TABLE new_child (d int, b int GENERATED ALWAYS AS (a * 2) STORED, a int NOT NULL);
ALTER TABLE new_child INHERIT parent;
CREATE TABLE heir (e int) INHERITS (parent);
