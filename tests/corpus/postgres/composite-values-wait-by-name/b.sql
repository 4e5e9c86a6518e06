CREATE TYPE place AS (number integer, street text, zip text);
CREATE TYPE house AS (at place, floors integer);
CREATE TABLE t (id integer, lives place, lived place[], owns house);
