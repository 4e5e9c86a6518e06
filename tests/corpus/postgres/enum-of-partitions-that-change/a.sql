CREATE TYPE stage AS ENUM ('new', 'open', 'shut', 'lost');
CREATE TABLE cases (id integer, stage stage) PARTITION BY LIST (stage);
CREATE TABLE cases_new PARTITION OF cases FOR VALUES IN ('new');
CREATE TABLE cases_open PARTITION OF cases FOR VALUES IN ('open', 'shut');
CREATE TABLE cases_lost PARTITION OF cases FOR VALUES IN ('lost');
