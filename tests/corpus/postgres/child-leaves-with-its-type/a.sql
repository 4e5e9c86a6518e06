CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE parent (id integer, moods mood[]);
CREATE TABLE child (n integer) INHERITS (parent);
