CREATE TABLE p (id integer PRIMARY KEY, n integer NOT NULL);
CREATE TABLE c (id integer PRIMARY KEY, p integer REFERENCES p (id));
