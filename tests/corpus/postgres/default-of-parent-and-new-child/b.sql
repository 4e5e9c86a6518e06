CREATE SEQUENCE figures;
CREATE TABLE parent (id integer DEFAULT nextval('figures'));
CREATE TABLE child () INHERITS (parent);
