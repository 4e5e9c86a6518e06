CREATE TABLE t (id serial PRIMARY KEY, name text);
CREATE TABLE u (id integer PRIMARY KEY, n integer NOT NULL);
CREATE TABLE gone (id bigserial PRIMARY KEY);
