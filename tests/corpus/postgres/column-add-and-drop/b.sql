CREATE TABLE t (id integer PRIMARY KEY, old text NOT NULL, fresh text NOT NULL DEFAULT 'x', stamp timestamptz DEFAULT now(), plain text COLLATE "C");
COMMENT ON COLUMN t.fresh IS 'comes';
