CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE TYPE word AS (how mood, loud integer);
CREATE TYPE said AS (what word, many word[]);
CREATE TABLE talk (id integer, said said);
CREATE TABLE noise (id integer, words word[]);
