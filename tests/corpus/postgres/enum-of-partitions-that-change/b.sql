CREATE TYPE stage AS ENUM ('open', 'new', 'lost');
CREATE TABLE cases (id integer, stage stage) PARTITION BY LIST (stage);
CREATE TABLE cases_new PARTITION OF cases FOR VALUES IN ('new', 'lost');
CREATE TABLE cases_open PARTITION OF cases FOR VALUES IN ('open');
