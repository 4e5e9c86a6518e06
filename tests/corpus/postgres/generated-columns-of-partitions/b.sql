CREATE TABLE events (id integer, n integer, twice numeric GENERATED ALWAYS AS (n + n) STORED) PARTITION BY LIST (id);
CREATE TABLE events_one PARTITION OF events FOR VALUES IN (1);
CREATE TABLE events_rest (id integer, n integer, twice numeric GENERATED ALWAYS AS (n + n) STORED);
ALTER TABLE events ATTACH PARTITION events_rest DEFAULT;
CREATE TABLE parent (n integer, next numeric GENERATED ALWAYS AS (n + 1) STORED);
CREATE TABLE child () INHERITS (parent);
