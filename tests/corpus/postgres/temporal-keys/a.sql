CREATE TABLE r (x int4range, v daterange NOT NULL, n daterange);
CREATE TABLE q (x int4range, v daterange, CONSTRAINT q_pk PRIMARY KEY (x, v WITHOUT OVERLAPS));
CREATE TABLE s (x int4range, v daterange, CONSTRAINT s_fk FOREIGN KEY (x, PERIOD v) REFERENCES q (x, PERIOD v));
CREATE TABLE gone (x int4range, v int4multirange, CONSTRAINT gone_u UNIQUE (x, v WITHOUT OVERLAPS));
