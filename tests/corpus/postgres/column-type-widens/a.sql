CREATE TABLE t (id integer PRIMARY KEY, a smallint, b integer, c real, d varchar(10), e numeric(6,2), f varchar(5)[], g timestamp(3), h char(4), i date);
CREATE INDEX t_b ON t (b); CREATE INDEX t_d ON t (d text_pattern_ops) WHERE b > 3;
