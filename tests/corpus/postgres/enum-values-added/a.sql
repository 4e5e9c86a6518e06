CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE empty AS ENUM ();
CREATE TABLE t (id integer PRIMARY KEY, m mood DEFAULT 'ok', ms mood[] DEFAULT '{sad}'); CREATE VIEW v AS SELECT m FROM t WHERE m = 'ok';
