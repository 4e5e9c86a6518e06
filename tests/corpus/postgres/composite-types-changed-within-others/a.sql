CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TYPE part AS (amount integer, feeling mood);
CREATE TYPE whole AS (title text, one part, many part[]);
CREATE DOMAIN parcel AS part;
CREATE TABLE holds (id integer PRIMARY KEY, one part, every part[], whole whole, wholes whole[], parcel parcel);
CREATE TABLE rows_of OF part;
CREATE TYPE label AS (first text, second text);
CREATE TABLE labelled (id integer PRIMARY KEY, label label);
