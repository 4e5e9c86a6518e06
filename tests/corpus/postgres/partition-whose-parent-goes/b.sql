CREATE TABLE big_new (id int, n int, kind varchar(9), body text, UNIQUE (kind, n)) PARTITION BY LIST (kind);
CREATE TABLE big_1 PARTITION OF big_new (PRIMARY KEY (kind, body), UNIQUE (kind, id)) FOR VALUES IN ('1');
CREATE UNIQUE INDEX big_unique ON big_new (kind);
CREATE INDEX local_idx ON big_1 (kind, body);
