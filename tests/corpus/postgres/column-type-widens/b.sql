CREATE TABLE t (id bigint PRIMARY KEY, a integer, b bigint, c double precision, d text, e numeric(10,4), f varchar(9)[], g timestamp(6), h char(8), i timestamp);
CREATE INDEX t_b ON t (b); CREATE INDEX t_d ON t (d text_pattern_ops) WHERE b > 3;
