CREATE TABLE t (id integer PRIMARY KEY, name text);
CREATE TABLE u (id serial PRIMARY KEY, n integer NOT NULL, extra smallserial);
CREATE TABLE came (id bigserial PRIMARY KEY);
