CREATE TABLE upper (id bigint, name varchar(20));
CREATE TABLE other (extra integer);
CREATE TABLE child (extra integer, id bigint DEFAULT 7) INHERITS (upper);
CREATE TABLE grandchild (name varchar(20)) INHERITS (upper, child, other);
