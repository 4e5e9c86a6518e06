CREATE TABLE parent (id integer, n integer);
CREATE TABLE child (id integer NOT NULL) INHERITS (parent);
CREATE TABLE grandchild () INHERITS (child);
CREATE TABLE other_child () INHERITS (parent);
ALTER TABLE parent ADD CONSTRAINT parent_key UNIQUE (id);
ALTER TABLE child ADD CONSTRAINT child_key PRIMARY KEY (id);
