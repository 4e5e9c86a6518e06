CREATE DOMAIN filled AS text NOT NULL; CREATE TABLE t (id integer PRIMARY KEY, a text NOT NULL, b integer NOT NULL DEFAULT 3, c text, d filled, e integer); CREATE VIEW v AS SELECT a, b FROM t;
CREATE TABLE empty (a text NOT NULL, b integer NOT NULL); CREATE TABLE parent (a integer NOT NULL, b integer); CREATE TABLE child (CHECK (a > 0)) INHERITS (parent); ALTER TABLE child ALTER b SET NOT NULL;
