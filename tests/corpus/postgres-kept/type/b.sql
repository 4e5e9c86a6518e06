CREATE TYPE mood AS ENUM ('ok', 'sad', 'happy');
CREATE DOMAIN number AS bigint;
CREATE TYPE floats AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE TABLE t (id integer, m mood, n number, r floats);
