CREATE SEQUENCE others INCREMENT 5;
CREATE TABLE t (id integer PRIMARY KEY DEFAULT nextval('others'), other integer DEFAULT nextval('others'));
