CREATE TABLE t (id integer PRIMARY KEY, old text NOT NULL, gone integer DEFAULT 3);
COMMENT ON COLUMN t.gone IS 'goes';
