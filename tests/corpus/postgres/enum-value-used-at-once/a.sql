CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE t (id integer PRIMARY KEY, m mood DEFAULT 'ok'); CREATE INDEX t_m ON t (m) WHERE m = 'sad';
