CREATE DOMAIN filled AS text; CREATE TABLE t (id integer PRIMARY KEY, a text, b integer DEFAULT 3, c text NOT NULL, d filled, e integer NOT NULL DEFAULT 1, CONSTRAINT a_there CHECK (a IS NOT NULL)); CREATE VIEW v AS SELECT a, b FROM t;
CREATE TABLE empty (a text); CREATE TABLE parent (a integer, b integer); CREATE TABLE child () INHERITS (parent);
