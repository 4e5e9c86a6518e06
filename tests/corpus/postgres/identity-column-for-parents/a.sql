CREATE TABLE parent (n text);
CREATE TABLE child (m text) INHERITS (parent);
CREATE TABLE measures (day date NOT NULL) PARTITION BY RANGE (day);
CREATE TABLE measures_1 PARTITION OF measures FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
