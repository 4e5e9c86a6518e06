CREATE TABLE whole (id integer, kind text) PARTITION BY LIST (kind);
CREATE INDEX whole_kind ON whole (kind, id);
CREATE TABLE part (id integer, kind text);
CREATE INDEX its_own ON part (kind, id);
CREATE TABLE slot (id integer, kind text NOT NULL, body text) PARTITION BY LIST (kind);
CREATE TABLE slot_1 PARTITION OF slot (CONSTRAINT "slot KEY" PRIMARY KEY (kind, id)) FOR VALUES IN ('1');
CREATE TABLE slot_2 PARTITION OF slot FOR VALUES IN ('2');
CREATE UNIQUE INDEX slot_all ON slot (kind, id);
CREATE TABLE refers (id integer, kind text, FOREIGN KEY (kind, id) REFERENCES slot_1);
