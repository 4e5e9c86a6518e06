CREATE TYPE mood AS ENUM ('happy', 'ok', 'sad'); COMMENT ON TYPE mood IS 'moods';
CREATE TABLE t (id integer PRIMARY KEY, m mood NOT NULL DEFAULT 'ok', ms mood[] DEFAULT '{sad,ok}', CONSTRAINT c CHECK (m <> 'sad'));
CREATE INDEX t_m ON t (m); CREATE UNIQUE INDEX t_u ON t (m, id) WHERE m <> 'sad';
CREATE VIEW v AS SELECT m, ms FROM t WHERE m = 'ok'; CREATE FUNCTION f(m mood) RETURNS mood LANGUAGE sql AS $$ SELECT m $$; CREATE VIEW w AS SELECT f(m) FROM v;
