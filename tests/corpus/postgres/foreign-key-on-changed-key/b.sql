CREATE TABLE p (id bigint, n integer NOT NULL, CONSTRAINT renamed PRIMARY KEY (id));
CREATE TABLE c (id integer PRIMARY KEY, p bigint REFERENCES p (id));
