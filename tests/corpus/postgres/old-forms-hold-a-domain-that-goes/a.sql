CREATE SCHEMA elsewhere;
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE DOMAIN small AS integer;
CREATE TYPE word AS (how mood, loud small);
CREATE TYPE said AS (what word);
CREATE DOMAIN low AS integer CHECK (VALUE < 10);
CREATE TYPE pair AS (a integer);
CREATE TYPE pair_of AS (a low);
CREATE TABLE t (id integer, lows low[]);
