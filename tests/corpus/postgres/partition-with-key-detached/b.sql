CREATE TABLE events (id integer PRIMARY KEY, code text, UNIQUE (id, code)) PARTITION BY RANGE (id);
CREATE TABLE events_low (id integer NOT NULL, code text);
