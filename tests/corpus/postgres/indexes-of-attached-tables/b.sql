CREATE TABLE whole (id integer, kind text) PARTITION BY LIST (kind);
CREATE TABLE part (id integer, kind text);
ALTER TABLE whole ATTACH PARTITION part FOR VALUES IN ('1');
CREATE INDEX whole_kind ON whole (kind, id);
CREATE INDEX its_own ON part (kind, id);
CREATE TABLE slot (id integer, kind text NOT NULL, body text) PARTITION BY LIST (kind);
CREATE TABLE slot_1 PARTITION OF slot (CONSTRAINT "slot KEY" PRIMARY KEY (kind, id)) FOR VALUES IN ('1');
CREATE TABLE slot_2 PARTITION OF slot (UNIQUE (kind, id)) FOR VALUES IN ('2');
CREATE TABLE refers (id integer, kind text, FOREIGN KEY (kind, id) REFERENCES slot_1);
