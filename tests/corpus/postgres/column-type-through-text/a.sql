CREATE TABLE t (id integer PRIMARY KEY, a text, b text NOT NULL DEFAULT '7', c integer DEFAULT 1, d text, e jsonb, f boolean DEFAULT true, g inet, h text[]);
CREATE VIEW v AS SELECT a, b, c FROM t;
