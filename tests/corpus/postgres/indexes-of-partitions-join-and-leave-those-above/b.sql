CREATE TABLE parts (id integer NOT NULL, place integer NOT NULL, name text) PARTITION BY RANGE (place);
CREATE TABLE low PARTITION OF parts FOR VALUES FROM (0) TO (10);
CREATE TABLE high PARTITION OF parts FOR VALUES FROM (10) TO (20);
CREATE INDEX low_by_name ON low (name);
COMMENT ON INDEX low_by_name IS 'of its own';
CREATE INDEX high_by_name ON high (name, id);
ALTER TABLE low ADD CONSTRAINT low_key PRIMARY KEY (id, place);
ALTER TABLE parts ADD CONSTRAINT parts_key PRIMARY KEY (id, place);
CREATE INDEX parts_by_name ON parts (name);
