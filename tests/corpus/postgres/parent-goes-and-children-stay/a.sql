CREATE TABLE parent (id int, a text); CREATE TABLE child (b int) INHERITS (parent); CREATE TABLE child2 (id int, b int) INHERITS (parent);
