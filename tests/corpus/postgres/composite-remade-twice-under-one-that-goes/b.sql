CREATE SCHEMA elsewhere;
CREATE TYPE mood AS ENUM ('glad', 'sad');
CREATE TYPE word AS (how mood, loud bigint);
CREATE TYPE elsewhere.said AS (what word, many word[]);
CREATE TABLE talk (id integer, said elsewhere.said);
CREATE TABLE noise (id integer, words word[]);
