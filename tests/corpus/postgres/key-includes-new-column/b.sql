CREATE TABLE events (id integer, note text) PARTITION BY RANGE (id);
CREATE TABLE events_low PARTITION OF events FOR VALUES FROM (0) TO (10);
ALTER TABLE events ADD PRIMARY KEY (id) INCLUDE (note);
