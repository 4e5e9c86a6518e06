CREATE TABLE t (id integer PRIMARY KEY, m text DEFAULT 'ok'); CREATE INDEX t_m ON t (m);
