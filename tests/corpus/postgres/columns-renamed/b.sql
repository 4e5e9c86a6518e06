CREATE TABLE t (id serial PRIMARY KEY, name text NOT NULL UNIQUE, n integer CHECK (n > 0), parent integer REFERENCES t);
ALTER TABLE t RENAME name TO title;
ALTER TABLE t RENAME id TO key;
