CREATE TABLE one (id smallint, w integer, gone date);
CREATE TABLE two (id smallint, ref integer, y bytea, gone date);
CREATE TABLE child (w0 smallint, w1 bigint DEFAULT 7) INHERITS (two);
CREATE TABLE grandchild (w2 integer) INHERITS (child, two);
CREATE TABLE both_ways () INHERITS (one, two);
CREATE TABLE below () INHERITS (both_ways);
CREATE TABLE below_both () INHERITS (both_ways, two);
