CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN number AS integer;
CREATE TYPE floats AS RANGE (subtype = float8);
CREATE TABLE t (id integer, m mood, n number, r floats);
