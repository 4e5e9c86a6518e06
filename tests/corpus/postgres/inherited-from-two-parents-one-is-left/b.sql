CREATE TABLE one (id integer, w integer, y bytea);
CREATE TABLE two (id smallint, ref integer, y bytea, gone date);
CREATE TABLE child (w0 smallint) INHERITS (one);
CREATE TABLE grandchild (w3 integer) INHERITS (child);
CREATE TABLE both_ways () INHERITS (one);
CREATE TABLE below () INHERITS (both_ways);
CREATE TABLE below_both () INHERITS (both_ways);
