CREATE TABLE parent (id integer);
CREATE TABLE other (id integer);
CREATE TABLE child (n integer) INHERITS (other);
