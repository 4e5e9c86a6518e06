CREATE TABLE r (x int4range, v daterange NOT NULL, n daterange, CONSTRAINT r_pk PRIMARY KEY (x, v WITHOUT OVERLAPS), CONSTRAINT r_n UNIQUE (x, n WITHOUT OVERLAPS) );
CREATE TABLE q (x int4range, v daterange, CONSTRAINT q_pk PRIMARY KEY (x, v));
CREATE TABLE s (x int4range, v daterange, CONSTRAINT s_fk FOREIGN KEY (x, PERIOD v) REFERENCES r (x, PERIOD v) NOT ENFORCED);
CREATE TABLE new (x int4range, v daterange, CONSTRAINT new_fk FOREIGN KEY (x, PERIOD v) REFERENCES r (x, PERIOD v));
CREATE TABLE p (v daterange, x int4range, CONSTRAINT p_u UNIQUE (x, v WITHOUT OVERLAPS)) PARTITION BY LIST (x);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN ('[1,2)');
COMMENT ON CONSTRAINT r_pk ON r IS 'one at a time';
