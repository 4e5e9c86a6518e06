CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TYPE person AS (name text, mood mood);
CREATE TABLE t (id integer PRIMARY KEY, p person, list person[], m mood);
