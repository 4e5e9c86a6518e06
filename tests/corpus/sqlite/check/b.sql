CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT CHECK (a <> ''), b INT CONSTRAINT positive CHECK (b > 0), CHECK (length(a) < b));
