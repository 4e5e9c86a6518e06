CREATE TABLE parent (id integer, at date);
CREATE TABLE other (id bigint, at date);
CREATE TABLE child (n integer) INHERITS (parent);
CREATE TABLE strict (id integer NOT NULL, CHECK (id > 0));
CREATE TABLE lax (id integer);
CREATE TABLE checked (n integer) INHERITS (lax);
