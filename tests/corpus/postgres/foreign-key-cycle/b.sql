CREATE TABLE keep (id integer PRIMARY KEY);
CREATE TABLE x (id integer PRIMARY KEY, y integer, s integer REFERENCES x (id));
CREATE TABLE y (id integer PRIMARY KEY, x integer REFERENCES x (id), k integer REFERENCES keep);
ALTER TABLE x ADD CONSTRAINT x_y FOREIGN KEY (y) REFERENCES y (id);
