CREATE TABLE upper (id integer, name text NOT NULL);
CREATE TABLE other (extra integer);
CREATE TABLE child (extra text) INHERITS (upper);
CREATE TABLE grandchild (name text DEFAULT 'none', extra integer) INHERITS (upper);
