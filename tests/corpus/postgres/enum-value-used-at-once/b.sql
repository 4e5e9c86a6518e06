CREATE TYPE mood AS ENUM ('sad', 'ok', 'great');
CREATE TABLE t (id integer PRIMARY KEY, m mood DEFAULT 'great', n mood NOT NULL DEFAULT 'great', CONSTRAINT c CHECK (m <> 'great' OR id > 0)); CREATE INDEX t_m ON t (m) WHERE m = 'great';
CREATE VIEW v AS SELECT * FROM t WHERE m = 'great'; CREATE FUNCTION f(m mood DEFAULT 'great') RETURNS mood LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN m = 'great'::mood THEN m END; END;
