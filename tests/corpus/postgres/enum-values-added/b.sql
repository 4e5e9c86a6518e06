CREATE TYPE mood AS ENUM ('awful', 'sad', 'so-so', 'it''s', 'ok', 'great'); CREATE TYPE empty AS ENUM ('one', 'two');
CREATE TABLE t (id integer PRIMARY KEY, m mood DEFAULT 'ok', ms mood[] DEFAULT '{sad}'); CREATE VIEW v AS SELECT m FROM t WHERE m = 'ok';
