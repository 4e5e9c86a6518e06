CREATE TABLE other (id integer PRIMARY KEY);
CREATE TABLE parent (id integer NOT NULL, code text, other_id integer);
CREATE TABLE child () INHERITS (parent);
